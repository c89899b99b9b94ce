// DNS messages for the tests: questions written octet by octet, and replies read by a reader that trusts
// nothing.
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/dns_wire.h"

namespace stack::net::dns {

using Message = std::vector<std::uint8_t>;

inline void append16(Message& message, unsigned value) {
  message.push_back(static_cast<std::uint8_t>(value >> 8));
  message.push_back(static_cast<std::uint8_t>(value));
}

struct Edns {
  unsigned udp_size = 1232;
  std::uint8_t version = 0;
};

// Id 0x1234, RD set. `name` in dotted text; labels are not checked, so that tests can ask for what is no
// name.
inline Message question(const std::string& name, unsigned type, std::optional<Edns> edns = std::nullopt,
                        unsigned qclass = kClassInternet) {
  Message message{0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(edns ? 1 : 0)};
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    message.push_back(static_cast<std::uint8_t>(end - at));
    message.insert(message.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
                   name.begin() + static_cast<std::ptrdiff_t>(end));
    at = end + 1;
  }
  message.push_back(0);
  append16(message, type);
  append16(message, qclass);
  if (!edns) return message;
  message.push_back(0);
  append16(message, kTypeOpt);
  append16(message, edns->udp_size);
  message.insert(message.end(), {0, edns->version, 0, 0, 0, 0});
  return message;
}

struct Reply {
  bool well_formed = false;
  Rcode rcode = 0;  // with the upper bits of an OPT record
  bool truncated = false, authoritative = false, edns = false;
  std::vector<std::string> records;  // addresses and pointer targets, in order

  bool operator==(const Reply&) const = default;
};

// Past a name; text where it is written out.
inline bool read_name(Bytes message, std::size_t& at, std::string& text) {
  while (at < message.size()) {
    const std::size_t length = message[at++];
    if (length == 0) return true;
    if (length >= 0xc0) return ++at <= message.size();
    if (length > kMaxLabelSize || at + length > message.size()) return false;
    if (!text.empty()) text += '.';
    text.append(message.begin() + static_cast<std::ptrdiff_t>(at),
                message.begin() + static_cast<std::ptrdiff_t>(at + length));
    at += length;
  }
  return false;
}

inline bool read_record(Bytes message, std::size_t& at, Reply& reply) {
  std::string owner;
  if (!read_name(message, at, owner) || at + 10 > message.size()) return false;
  const unsigned type = read16(message, at);
  const std::size_t size = read16(message, at + 8);
  const std::uint8_t upper_rcode = message[at + 4];
  at += 10;
  const std::size_t end = at + size;
  if (end > message.size()) return false;
  char text[INET6_ADDRSTRLEN] = {};
  std::string target;
  if (type == kTypeOpt) {
    reply.edns = true;
    reply.rcode = static_cast<Rcode>(reply.rcode | upper_rcode << 4);
  } else if (type == kTypePtr) {
    if (!read_name(message, at, target) || at != end) return false;
    reply.records.push_back(target);
  } else {
    if (size != (type == kTypeA ? 4U : 16U)) return false;
    reply.records.emplace_back(
        inet_ntop(type == kTypeA ? AF_INET : AF_INET6, message.data() + at, text, sizeof text));
  }
  at = end;
  return true;
}

inline Reply read_reply(Bytes message) {
  Reply reply;
  if (message.size() < kHeaderSize) return reply;
  const unsigned flags = read16(message, kFlagsAt);
  reply.rcode = flags & kRcodeBits;
  reply.truncated = (flags & kTruncated) != 0;
  reply.authoritative = (flags & kAuthoritative) != 0;
  std::size_t at = kHeaderSize;
  std::string name;
  if (read16(message, kQuestionsAt) == 1) {
    if (!read_name(message, at, name)) return reply;
    at += 4;
  }
  for (int left = read16(message, kAnswersAt) + read16(message, kAdditionalsAt); left > 0; --left)
    if (!read_record(message, at, reply)) return reply;
  reply.well_formed = at == message.size() && (flags & kReply) != 0;
  return reply;
}

}  // namespace stack::net::dns
