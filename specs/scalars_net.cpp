// Addresses, subnets and ports.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "specs/scalars.h"
#include "specs/text.h"

namespace stack::scalars {
namespace {

std::optional<std::vector<std::uint8_t>> address_bits(std::string_view text) {
  const std::string copy(text);
  std::vector<std::uint8_t> bits(4);
  if (::inet_pton(AF_INET, copy.c_str(), bits.data()) == 1) return bits;
  bits.resize(16);
  if (::inet_pton(AF_INET6, copy.c_str(), bits.data()) == 1) return bits;
  return std::nullopt;
}

// The text as the kernel would print it: equal addresses are equal strings from here on.
std::optional<std::string> canonical(std::string_view text, std::size_t size) {
  const auto bits = address_bits(text);
  if (!bits || (size != 0 && bits->size() != size)) return std::nullopt;
  char buffer[INET6_ADDRSTRLEN];
  ::inet_ntop(bits->size() == 4 ? AF_INET : AF_INET6, bits->data(), buffer, sizeof buffer);
  return buffer;
}

bool equal_up_to(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b, unsigned prefix) {
  if (a.size() != b.size()) return false;
  for (unsigned bit = 0; bit < prefix; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((a[bit / 8] & mask) != (b[bit / 8] & mask)) return false;
  }
  return true;
}

std::optional<std::uint16_t> port(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

Error not_a_port(std::string_view text) {
  return fault("\"" + std::string(text) + "\" is not a port from 1 to 65535 or a range such as 8000-8010");
}

// Takes "IP:" off the front; the address may be in brackets, as one of IPv6 must be.
Result<std::string> take_host_ip(std::string_view& text) {
  std::string_view ip;
  if (text.starts_with('[')) {
    const auto end = text.find("]:");
    if (end == std::string_view::npos) return fault("\"[\" without \"]:\"");
    ip = text.substr(1, end - 1);
    text.remove_prefix(end + 2);
  } else if (std::count(text.begin(), text.end(), ':') >= 2) {
    const auto end = text.rfind(':', text.rfind(':') - 1);
    ip = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (ip.find(':') != std::string_view::npos)
      return fault("an IPv6 address before a port is written in brackets, as in \"[::1]:80:80\"");
  } else {
    return std::string();
  }
  const auto parsed = address(ip);
  if (!parsed) return fault("\"" + std::string(ip) + "\" is not an IP address");
  return *parsed;
}

}  // namespace

std::optional<std::string> address(std::string_view text) {
  return canonical(text, 0);
}
std::optional<std::string> address4(std::string_view text) {
  return canonical(text, 4);
}
std::optional<std::string> address6(std::string_view text) {
  return canonical(text, 16);
}

std::optional<std::string> link_local(std::string_view text) {
  const auto bits = address_bits(text);
  if (!bits) return std::nullopt;
  const bool v4 = bits->size() == 4 && (*bits)[0] == 169 && (*bits)[1] == 254;
  const bool v6 = bits->size() == 16 && (*bits)[0] == 0xfe && ((*bits)[1] & 0xc0) == 0x80;
  return v4 || v6 ? address(text) : std::nullopt;
}

std::optional<std::string> mac(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  std::string canonical = lower_case(std::string(text));
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    char& c = canonical[i];
    if (i % 3 == 2) {
      if (c != text[2] || (c != ':' && c != '-')) return std::nullopt;
      c = ':';
    } else if (!is_hex(std::string_view(&c, 1))) {
      return std::nullopt;
    }
  }
  // The kernel gives no link an address of many, nor that of nobody.
  const bool multicast = (std::string_view("02468ace").find(canonical[1]) == std::string_view::npos);
  if (multicast || canonical == "00:00:00:00:00:00") return std::nullopt;
  return canonical;
}

std::optional<std::string> interface_name(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.';
  });
  // "all" and "default" are the kernel's words for settings of every link, "lo" is there already.
  if (!plain || text.empty() || text.size() > 15 || text.front() == '-' || text == "." || text == ".." ||
      text == "lo" || text == "all" || text == "default")
    return std::nullopt;
  return std::string(text);
}

bool is_interface_sysctl(std::string_view name) {
  const auto parts = split_views(name, '.');
  return parts.size() == 5 && parts[0] == "net" && (parts[1] == "ipv4" || parts[1] == "ipv6") &&
         (parts[2] == "conf" || parts[2] == "neigh") && parts[3] == "IFNAME" && !parts[4].empty() &&
         std::all_of(parts[4].begin(), parts[4].end(),
                     [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

std::optional<PortRange> port_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return PortRange{*first, *last};
}

Result<std::vector<PublishedPort>> ports(std::string_view text) {
  std::string protocol = "tcp";
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    protocol = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  const std::string host_ip = TRY(take_host_ip(text));
  PortRange published;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view host = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    const auto range = port_range(host);
    if (!range && !host.empty()) return not_a_port(host);
    published = range.value_or(PortRange{});
  }
  const auto target = port_range(text);
  if (!target) return not_a_port(text);
  return ports(host_ip, published, *target, protocol);
}

Result<std::vector<PublishedPort>> ports(const std::string& host_ip, const PortRange& published,
                                         const PortRange& target, const std::string& written) {
  const std::string protocol = lower_case(written);
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp")
    return fault("protocol \"" + written + "\" is neither tcp, udp nor sctp");
  const int count = target.last - target.first;
  // Several host ports for one of the container: one of them, whichever is free.
  if (count == 0 && published.first != published.last)
    return std::vector<PublishedPort>{{host_ip, published.first, target.first, protocol, published.last}};
  if (published.first != 0 && published.last - published.first != count)
    return fault("the two ranges are not of the same length");
  std::vector<PublishedPort> all;
  for (int i = 0; i <= count; ++i) {
    const auto host = static_cast<std::uint16_t>(published.first == 0 ? 0 : published.first + i);
    all.push_back({host_ip, host, static_cast<std::uint16_t>(target.first + i), protocol});
  }
  return all;
}

bool Subnet::contains(const std::string& address) const {
  const auto other = address_bits(address);
  return other && equal_up_to(bits, *other, prefix);
}

bool Subnet::overlaps(const Subnet& other) const {
  return equal_up_to(bits, other.bits, std::min(prefix, other.prefix));
}

std::optional<Subnet> subnet(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto bits = address_bits(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (!bits || error != std::errc() || end != digits.data() + digits.size() || prefix > bits->size() * 8)
    return std::nullopt;
  const std::vector<std::uint8_t> nothing(bits->size());
  std::vector<std::uint8_t> host = *bits;
  for (unsigned bit = 0; bit < prefix; ++bit)
    host[bit / 8] = static_cast<std::uint8_t>(host[bit / 8] & ~(0x80U >> (bit % 8)));
  if (host != nothing) return std::nullopt;  // 10.0.0.5/24 is an address, not a subnet
  return Subnet{*bits, prefix};
}

}  // namespace stack::scalars
