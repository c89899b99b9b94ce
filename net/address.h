// IP addresses and prefixes as values: parsed once, then compared and counted as numbers. Pure.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace stack::net {

struct Ip {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // network order; IPv4 uses the first four
  auto operator<=>(const Ip&) const = default;
  [[nodiscard]] unsigned bits() const { return v6 ? 128 : 32; }
  [[nodiscard]] unsigned size() const { return v6 ? 16 : 4; }
};

struct Prefix {
  Ip ip;  // may have host bits: "10.1.0.1/24" is an interface's address
  unsigned length = 0;
  auto operator<=>(const Prefix&) const = default;
};

std::optional<Ip> parse_ip(const std::string& text);
std::optional<Prefix> parse_prefix(const std::string& text);  // "a.b.c.d/n" or "x::y/n"
std::string to_string(const Ip& ip);
std::string to_string(const Prefix& prefix);

Prefix network_of(const Prefix& prefix);  // host bits cleared
bool contains(const Prefix& prefix, const Ip& ip);
bool overlap(const Prefix& a, const Prefix& b);
// How many addresses the prefix spans, at most 2^63.
std::uint64_t size_of(const Prefix& prefix);
// The address `offset` places after the prefix's first.
Ip nth(const Prefix& prefix, std::uint64_t offset);

}  // namespace stack::net
