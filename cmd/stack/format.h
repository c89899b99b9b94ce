// How things are told to people: durations, columns, colours. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stack::cmd {

// "Less than a second", "About a minute", "5 minutes", "3 weeks".
std::string human_duration(double seconds);
// As Docker shows sizes, in powers of 1000: "0B", "999B", "1.23kB", "45.6MB", "789MB", "1.2GB".
std::string human_size(std::uint64_t bytes);
// Of something that is under way: "0.3s", "12.0s", "2m05s".
std::string elapsed(double seconds);
// RFC 3339 in UTC with nanoseconds: "2026-11-24T15:00:27.123456789Z".
std::string timestamp(std::int64_t time_ns);
// "2026-11-24 15:00:27 +0000 UTC", as Compose's JSON has it.
std::string created_at(double seconds);

// Rows padded to columns with three blanks between; no blanks at a line's end. Width is counted in
// characters, not bytes.
std::string columns(const std::vector<std::vector<std::string>>& rows);
// Characters of UTF-8 text; a byte that begins none counts as one.
std::size_t width(std::string_view text);
// At most `limit` characters, the last one an ellipsis where something was cut off.
std::string shortened(const std::string& text, std::size_t limit);
// Words as a shell would need them.
std::string shell_words(const std::vector<std::string>& words);

// The SGR sequence of the `index`th service's log prefix, and of the way back.
const char* prefix_colour(std::size_t index);
inline constexpr const char* kPlain = "\033[0m";
// `web-1  | `, padded to `wide`, coloured where wanted.
std::string log_prefix(const std::string& name, std::size_t wide, std::size_t index, bool colour);

}  // namespace stack::cmd
