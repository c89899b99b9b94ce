#include "net/naming.h"

#include <cstdio>

namespace stack::net {

std::uint64_t name_hash(std::initializer_list<std::string_view> parts) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  const auto eat = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3U; };
  for (const std::string_view part : parts) {
    for (const char c : part) eat(static_cast<unsigned char>(c));
    eat(0);  // no name holds a NUL, so this ends the part
  }
  // FNV mixes the last bytes badly into the high bits: the finalizer of MurmurHash3 spreads them.
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdU;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53U;
  return hash ^ (hash >> 33);
}

std::string local_mac(std::uint64_t hash) {
  char text[sizeof "02:00:00:00:00:00"];
  const auto byte = [hash](int i) { return static_cast<unsigned>((hash >> (8 * i)) & 0xFF); };
  std::snprintf(text, sizeof text, "02:%02x:%02x:%02x:%02x:%02x", byte(4), byte(3), byte(2), byte(1),
                byte(0));
  return text;
}

std::string hashed_ifname(std::string_view kind, std::uint64_t hash) {
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
  std::string name(kind);
  for (int i = 0; i < 11; ++i, hash >>= 5) name += kDigits[hash & 31];
  return name;
}

}  // namespace stack::net
