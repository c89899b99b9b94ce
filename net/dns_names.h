// Looks a question up among the names and addresses that a network namespace may see. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/dns_server.h"
#include "net/dns_wire.h"

namespace stack::net::dns {

struct Address {
  std::array<std::uint8_t, 16> octets{};
  std::size_t size = 0;  // 4 or 16
  [[nodiscard]] Bytes bytes() const { return Bytes(octets).first(size); }
  bool operator==(const Address&) const = default;
};
std::optional<Address> parse_address(const std::string& text);

// The addresses of `name` (lower case), as such or without one of the view's search suffixes; null: unknown.
const std::vector<std::string>* find_name(const DnsView& view, std::string_view name);

// The address that a name under in-addr.arpa or ip6.arpa stands for.
std::optional<Address> parse_reverse(std::string_view name);
// The name that says most about an address: an alias shared by several services says less than one of its own, and
// the shorter of two is the one in the file. Empty: unknown.
std::string_view find_address(const DnsView& view, const Address& address);

}  // namespace stack::net::dns
