// The host's name servers: read from resolv.conf(5), and as addresses to send to.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stack::net::dns {

// The first three `nameserver` lines (MAXNS of resolv.conf(5)), as written.
std::vector<std::string> parse_nameservers(std::string_view resolv_conf);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};
// Port 53 of an IPv4 or IPv6 address, which may name its interface ("fe80::1%eth0").
std::optional<SocketAddress> parse_upstream(const std::string& text);

}  // namespace stack::net::dns
