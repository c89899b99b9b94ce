#include "net/dns_wire.h"

#include <ldns/packet.h>
#include <ldns/util.h>
#include <ldns/wire2host.h>

#include <algorithm>

namespace stack::net::dns {
namespace {

std::uint8_t lower(std::uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet + ('a' - 'A')) : octet;
}

bool is_error(std::uint8_t rcode) { return rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN; }

}  // namespace

std::uint16_t read16(Bytes message, std::size_t offset) { return ldns_read_uint16(message.data() + offset); }

void write16(MutableBytes message, std::size_t offset, std::uint16_t value) {
  ldns_write_uint16(message.data() + offset, value);
}

std::uint16_t id_of(Bytes message) { return LDNS_ID_WIRE(message.data()); }

void set_id(MutableBytes message, std::uint16_t id) { write16(message, LDNS_ID_OFF, id); }

std::uint8_t rcode_of(Bytes message) { return LDNS_RCODE_WIRE(message.data()); }

bool is_truncated(Bytes message) { return LDNS_TC_WIRE(message.data()) != 0; }

bool equal_ignoring_case(Bytes left, Bytes right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](std::uint8_t a, std::uint8_t b) { return lower(a) == lower(b); });
}

bool is_reply_to(Bytes reply, Bytes query, std::size_t question_size) {
  if (reply.size() < kHeaderSize || id_of(reply) != id_of(query)) return false;
  if (LDNS_QR_WIRE(reply.data()) == 0 || LDNS_OPCODE_WIRE(reply.data()) != LDNS_PACKET_QUERY) return false;

  const auto questions = LDNS_QDCOUNT(reply.data());
  if (questions == 0) return is_error(rcode_of(reply));
  if (questions != 1 || reply.size() < kHeaderSize + question_size) return false;
  return equal_ignoring_case(reply.subspan(kHeaderSize, question_size), query.subspan(kHeaderSize, question_size));
}

std::size_t cut_to(MutableBytes message, std::size_t question_size, std::size_t limit) {
  if (message.size() <= limit) return message.size();

  const bool question = LDNS_QDCOUNT(message.data()) == 1;
  LDNS_TC_SET(message.data());
  for (const std::size_t count : {LDNS_ANCOUNT_OFF, LDNS_NSCOUNT_OFF, LDNS_ARCOUNT_OFF}) write16(message, count, 0);
  return question ? kHeaderSize + question_size : kHeaderSize;
}

}  // namespace stack::net::dns
