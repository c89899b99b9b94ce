// What is derived from names alone, the same on every host and run: link names, MACs, ULA prefixes. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace stack::net {

inline constexpr std::string_view kBridgePrefix = "st-b";
inline constexpr std::string_view kVethPrefix = "st-v";
// The alias of a bridge whose name the file chose begins so.
inline constexpr std::string_view kBridgeAlias = "stack ";

// 64 well mixed bits of the parts; {"a", "bc"} and {"ab", "c"} differ. Not for secrets.
std::uint64_t name_hash(std::initializer_list<std::string_view> parts);
// "02:" and 40 bits: unicast, locally administered.
std::string local_mac(std::uint64_t hash);
// `kind` and 55 bits of the hash in 11 characters: "st-b" gives a name of IFNAMSIZ - 1 = 15 bytes.
std::string hashed_ifname(std::string_view kind, std::uint64_t hash);

}  // namespace stack::net
