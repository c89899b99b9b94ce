// The small notations of a stack file: sizes, durations, truth, numbers, ports, words. Each gives the value,
// or nothing where the text is not of its form. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::scalars {

std::optional<std::uint64_t> bytes(std::string_view text);      // 512, 64m, 1.5gb; units of 1024
std::optional<std::uint64_t> bit_rate(std::string_view text);   // 800, 10mbit; units of 1000
std::optional<Nanoseconds> duration(std::string_view text);     // 1m30s, 1.5s, 0
std::optional<bool> truth(std::string_view text);               // true, yes, on, 1 and their opposites
std::optional<std::int64_t> integer(std::string_view text);     // -5, 0x10, 0o17, 017
std::optional<std::uint64_t> nano_cpus(std::string_view text);  // 1.5 is 1'500'000'000
std::optional<std::string> signal(std::string_view text);       // TERM, SIGTERM, 15 are "SIGTERM"
std::optional<std::string> cpu_set(std::string_view text);      // 0-1,3
std::optional<std::string> address(std::string_view text);      // IPv4 or IPv6
std::optional<std::string> address4(std::string_view text);
std::optional<std::string> address6(std::string_view text);
std::optional<std::string> link_local(std::string_view text);      // 169.254.0.0/16, fe80::/10
std::optional<std::string> mac(std::string_view text);             // "02:42:ac:11:00:02", lower case
std::optional<std::string> interface_name(std::string_view text);  // of at most 15 bytes
bool is_interface_sysctl(std::string_view name);                   // net.ipv4.conf.IFNAME.forwarding

// As a shell splits: quotes and backslashes are obeyed, nothing is expanded. Nothing where a quote stays
// open.
std::optional<std::vector<std::string>> words(std::string_view text);

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};
std::optional<PortRange> port_range(std::string_view text);  // 80, 8000-8010

// [IP:][HOST:]CONTAINER[/PROTOCOL] with ranges, one PublishedPort for each port. The error says what is wrong
// with it.
Result<std::vector<PublishedPort>> ports(std::string_view text);
Result<std::vector<PublishedPort>> ports(const std::string& host_ip, const PortRange& published,
                                         const PortRange& target, const std::string& protocol);

// An address and prefix length, its host bits zero.
struct Subnet {
  std::vector<std::uint8_t> bits;  // 4 or 16
  unsigned prefix = 0;
  [[nodiscard]] bool is_ipv4() const { return bits.size() == 4; }
  [[nodiscard]] bool contains(const std::string& address) const;
  [[nodiscard]] bool overlaps(const Subnet& other) const;
};
std::optional<Subnet> subnet(std::string_view text);

}  // namespace stack::scalars
