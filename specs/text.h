// Words, lists and bytes as text: what every room has to take apart and put together. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stack {

// What stands between the `at`, empty or not: "a,,b" has three parts, "" has one. The views are into `text`.
std::vector<std::string_view> split_views(std::string_view text, char at);
std::vector<std::string_view> split_views(std::string&& text, char at) = delete;
std::vector<std::string> split(std::string_view text, char at);

std::string joined(const std::vector<std::string>& parts, std::string_view between);
// "a", "b"
std::string quoted_list(const std::vector<std::string>& words);

// ASCII alone, whatever the locale.
std::string lower_case(std::string text);
bool is_letter_or_digit(char c);
// Docker's rule for what it names, [a-zA-Z0-9][a-zA-Z0-9_.-]*: no path, and nothing hidden.
bool is_docker_name(std::string_view text);

// Two small digits a byte.
std::string to_hex(std::span<const std::uint8_t> bytes);
bool is_hex(std::string_view text);

}  // namespace stack
