#include "net/dns_names.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "net/dns_wire.h"

namespace stack::net::dns {
namespace {

constexpr std::string_view kReverse4 = ".in-addr.arpa";
constexpr std::string_view kReverse6 = ".ip6.arpa";

bool equal_text(std::string_view left, std::string_view right) {
  const auto bytes = [](std::string_view text) {
    return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  return equal_ignoring_case(bytes(left), bytes(right));
}

// `name` without ".suffix"; empty where it does not end so.
std::string_view without_suffix(std::string_view name, std::string_view suffix) {
  if (suffix.empty() || name.size() < suffix.size() + 2) return {};
  const std::size_t head = name.size() - suffix.size();
  if (name[head - 1] != '.' || !equal_text(name.substr(head), suffix)) return {};
  return name.substr(0, head - 1);
}

std::optional<Ip> parse_reverse4(std::string_view text) {
  Ip address;
  for (std::size_t i = 4; i-- > 0;) {
    const std::string_view label = text.substr(0, text.find('.'));
    const char* end = label.data() + label.size();
    const auto [rest, error] = std::from_chars(label.data(), end, address.bytes[i]);
    if (error != std::errc() || rest != end) return std::nullopt;
    if (label.size() == text.size()) return i == 0 ? std::optional(address) : std::nullopt;
    text.remove_prefix(label.size() + 1);
  }
  return std::nullopt;
}

std::optional<Ip> parse_reverse6(std::string_view text) {
  constexpr std::size_t kNibbles = 32;
  if (text.size() != 2 * kNibbles - 1) return std::nullopt;

  Ip address{.v6 = true, .bytes = {}};
  for (std::size_t i = 0; i < kNibbles; ++i) {
    std::uint8_t nibble = 0;
    const char* digit = text.data() + 2 * i;
    if (std::from_chars(digit, digit + 1, nibble, 16).ec != std::errc()) return std::nullopt;
    if (i + 1 < kNibbles && digit[1] != '.') return std::nullopt;
    auto& octet = address.bytes[15 - i / 2];
    octet = static_cast<std::uint8_t>(octet | (i % 2 == 0 ? nibble : nibble << 4));
  }
  return address;
}

}  // namespace

const std::vector<std::string>* find_name(const DnsView& view, std::string_view name) {
  const auto find = [&view](std::string_view key) -> const std::vector<std::string>* {
    const auto entry = view.names.find(std::string(key));
    return entry == view.names.end() ? nullptr : &entry->second;
  };
  if (const auto* addresses = find(name)) return addresses;
  for (const std::string& suffix : view.search) {
    const std::string_view head = without_suffix(name, suffix);
    if (head.empty()) continue;
    if (const auto* addresses = find(head)) return addresses;
  }
  return nullptr;
}

std::optional<Ip> parse_reverse(std::string_view name) {
  if (name.ends_with(kReverse4)) return parse_reverse4(name.substr(0, name.size() - kReverse4.size()));
  if (name.ends_with(kReverse6)) return parse_reverse6(name.substr(0, name.size() - kReverse6.size()));
  return std::nullopt;
}

std::string_view find_address(const DnsView& view, const Ip& address) {
  const auto rank = [](const auto& entry) { return std::tuple(entry->second.size(), entry->first.size()); };
  auto best = view.names.end();
  for (auto entry = view.names.begin(); entry != view.names.end(); ++entry) {
    const bool has_it = std::any_of(entry->second.begin(), entry->second.end(),
                                    [&](const std::string& text) { return parse_ip(text) == address; });
    if (has_it && (best == view.names.end() || rank(entry) < rank(best))) best = entry;
  }
  return best == view.names.end() ? std::string_view() : std::string_view(best->first);
}

}  // namespace stack::net::dns
