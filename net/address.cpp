#include "net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace stack::net {
namespace {

std::uint8_t mask_byte(unsigned length, unsigned index) {
  const unsigned before = index * 8;
  if (length <= before) return 0;
  const unsigned ones = std::min(length - before, 8U);
  return static_cast<std::uint8_t>(0xFF00U >> ones);
}

}  // namespace

std::optional<Ip> parse_ip(const std::string& text) {
  Ip ip;
  ip.v6 = text.find(':') != std::string::npos;
  if (::inet_pton(ip.v6 ? AF_INET6 : AF_INET, text.c_str(), ip.bytes.data()) != 1) return std::nullopt;
  return ip;
}

std::optional<Prefix> parse_prefix(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto ip = parse_ip(text.substr(0, slash));
  if (!ip) return std::nullopt;
  Prefix prefix{*ip, 0};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix.length);
  if (error != std::errc() || stop != end || prefix.length > ip->bits()) return std::nullopt;
  return prefix;
}

std::string to_string(const Ip& ip) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(ip.v6 ? AF_INET6 : AF_INET, ip.bytes.data(), text, sizeof text);
  return text;
}

std::string to_string(const Prefix& prefix) {
  return to_string(prefix.ip) + "/" + std::to_string(prefix.length);
}

Prefix network_of(const Prefix& prefix) {
  Prefix network = prefix;
  for (unsigned i = 0; i < network.ip.size(); ++i) network.ip.bytes[i] &= mask_byte(prefix.length, i);
  return network;
}

bool contains(const Prefix& prefix, const Ip& ip) {
  if (prefix.ip.v6 != ip.v6) return false;
  for (unsigned i = 0; i < ip.size(); ++i)
    if ((prefix.ip.bytes[i] ^ ip.bytes[i]) & mask_byte(prefix.length, i)) return false;
  return true;
}

bool overlap(const Prefix& a, const Prefix& b) {
  return a.length <= b.length ? contains(a, b.ip) : contains(b, a.ip);
}

std::uint64_t size_of(const Prefix& prefix) {
  const unsigned host_bits = prefix.ip.bits() - prefix.length;
  return std::uint64_t{1} << std::min(host_bits, 63U);
}

Ip nth(const Prefix& prefix, std::uint64_t offset) {
  Ip ip = network_of(prefix).ip;
  for (unsigned i = ip.size(); i-- > 0 && offset != 0;) {
    offset += ip.bytes[i];
    ip.bytes[i] = static_cast<std::uint8_t>(offset & 0xFF);
    offset >>= 8;
  }
  return ip;
}

}  // namespace stack::net
