#include "net/dns_wire.h"

#include <algorithm>

namespace stack::net::dns {
namespace {

std::uint8_t lower(std::uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet + ('a' - 'A')) : octet;
}

bool is_error(Rcode rcode) {
  return rcode != kNoError && rcode != kUnknownName;
}

}  // namespace

std::uint16_t read16(Bytes message, std::size_t offset) {
  return static_cast<std::uint16_t>(message[offset] << 8 | message[offset + 1]);
}

void write16(MutableBytes message, std::size_t offset, std::uint16_t value) {
  message[offset] = static_cast<std::uint8_t>(value >> 8);
  message[offset + 1] = static_cast<std::uint8_t>(value);
}

std::uint16_t id_of(Bytes message) {
  return read16(message, kIdAt);
}

void set_id(MutableBytes message, std::uint16_t id) {
  write16(message, kIdAt, id);
}

Rcode rcode_of(Bytes message) {
  return read16(message, kFlagsAt) & kRcodeBits;
}

bool equal_ignoring_case(Bytes left, Bytes right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](std::uint8_t a, std::uint8_t b) { return lower(a) == lower(b); });
}

bool is_reply_to(Bytes reply, Bytes query, std::size_t question_size) {
  if (reply.size() < kHeaderSize || id_of(reply) != id_of(query)) return false;
  if ((read16(reply, kFlagsAt) & (kReply | kOpcode)) != kReply) return false;

  const std::uint16_t questions = read16(reply, kQuestionsAt);
  if (questions == 0) return is_error(rcode_of(reply));
  if (questions != 1 || reply.size() < kHeaderSize + question_size) return false;
  return equal_ignoring_case(reply.subspan(kHeaderSize, question_size),
                             query.subspan(kHeaderSize, question_size));
}

std::size_t cut_to(MutableBytes message, std::size_t question_size, std::size_t limit) {
  if (message.size() <= limit) return message.size();

  const bool question = read16(message, kQuestionsAt) == 1;
  write16(message, kFlagsAt, read16(message, kFlagsAt) | kTruncated);
  for (const std::size_t count : {kAnswersAt, kAuthoritiesAt, kAdditionalsAt}) write16(message, count, 0);
  return question ? kHeaderSize + question_size : kHeaderSize;
}

}  // namespace stack::net::dns
