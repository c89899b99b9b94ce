// Looks a question up among the names and addresses that a network namespace may see. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/dns_server.h"

namespace stack::net::dns {

// The addresses of `name` (lower case), as such or without one of the view's search suffixes; null: unknown.
const std::vector<std::string>* find_name(const DnsView& view, std::string_view name);

// The address that a name under in-addr.arpa or ip6.arpa stands for.
std::optional<Ip> parse_reverse(std::string_view name);
// The name that says most about an address: an alias shared by several services says less than one of its
// own, and the shorter of two is the one in the file. Empty: unknown.
std::string_view find_address(const DnsView& view, const Ip& address);

}  // namespace stack::net::dns
