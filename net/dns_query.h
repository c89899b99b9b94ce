// Reads a DNS query: no allocation, no compression followed, time linear in the message.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "net/dns_wire.h"

namespace stack::net::dns {

struct Query {
  std::size_t question_size = 0;  // name, type and class on the wire, from kHeaderSize on; 0: there is none
  std::uint16_t type = 0;
  std::uint16_t qclass = 0;
  bool edns = false;
  std::uint8_t edns_version = 0;
  std::uint16_t udp_size = kPlainUdpSize;  // what the asker takes over UDP
  bool dnssec_ok = false;
  bool textual =
      true;  // false: a label holds a dot, so that the name must not be compared with names in text

  // Lower case, without the dot at the end; the root is "".
  [[nodiscard]] std::string_view name() const { return {text.data(), text_size}; }

  std::array<char, kMaxNameSize + 1>
      text;  // filled up to text_size only: clearing it costs more than parsing
  std::size_t text_size = 0;
};

enum class Verdict {
  good,
  drop,             // too short for a header, or a reply: answering that would be ping-pong
  malformed,        // FORMERR
  not_implemented,  // an opcode other than QUERY
};

// `query` is filled as far as the message was read.
[[nodiscard]] Verdict parse_query(Bytes message, Query& query);

}  // namespace stack::net::dns
