#include "net/dns_message.h"

#include <algorithm>
#include <array>

namespace stack::net::dns {
namespace {

constexpr std::uint16_t kNameOfQuestion = 0xc000 | kHeaderSize;  // a pointer to the question's name
constexpr std::size_t kRecordHead = 12;                          // that pointer, type, class, ttl, length
constexpr std::size_t kOptSize = 11;
constexpr std::uint16_t kDnssecOk = 0x8000;

// Text to wire. Returns 0 for what is no name (an empty or overlong label).
std::size_t encode_name(std::string_view text, std::array<std::uint8_t, kMaxNameSize>& wire) {
  std::size_t size = 0;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > kMaxLabelSize || size + label.size() + 2 > wire.size()) return 0;
    wire[size++] = static_cast<std::uint8_t>(label.size());
    std::copy(label.begin(), label.end(), wire.begin() + static_cast<std::ptrdiff_t>(size));
    size += label.size();
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  wire[size++] = 0;
  return size;
}

}  // namespace

ReplyWriter::ReplyWriter(MutableBytes buffer, Bytes message, const Query& query, Rcode rcode)
    : buffer_(buffer), query_(query), rcode_(rcode), limit_(buffer.size() - (query.edns ? kOptSize : 0)) {
  std::fill_n(buffer_.begin(), kHeaderSize, std::uint8_t{0});
  set_id(buffer_, id_of(message));
  constexpr std::uint16_t kCopied =
      kOpcode | kRecursionDesired | kCheckingDisabled;  // RFC 4035 section 3.2.2
  flags_ = static_cast<std::uint16_t>((read16(message, kFlagsAt) & kCopied) | kReply | kRecursionAvailable |
                                      (rcode & kRcodeBits));
  if (query.question_size == 0) return;
  write16(buffer_, kQuestionsAt, 1);
  put(message.subspan(kHeaderSize, query.question_size));
}

void ReplyWriter::add_address(Bytes octets, std::uint32_t ttl) {
  const std::uint16_t type = octets.size() == 4 ? kTypeA : kTypeAaaa;
  if (begin_record(type, ttl, octets.size())) put(octets);
}

void ReplyWriter::add_pointer(std::string_view target, std::uint32_t ttl) {
  std::array<std::uint8_t, kMaxNameSize> wire;
  const std::size_t size = encode_name(target, wire);
  if (size != 0 && begin_record(kTypePtr, ttl, size)) put(Bytes(wire).first(size));
}

std::size_t ReplyWriter::finish() {
  if (rcode_ == kNoError || rcode_ == kUnknownName) flags_ |= kAuthoritative;
  if (truncated_) flags_ |= kTruncated;
  write16(buffer_, kFlagsAt, flags_);
  write16(buffer_, kAnswersAt, answers_);
  if (!query_.edns) return size_;

  write16(buffer_, kAdditionalsAt, 1);
  const std::uint8_t root = 0;
  put({&root, 1});
  put16(kTypeOpt);
  put16(kMaxUdpSize);
  put16(static_cast<std::uint16_t>((rcode_ >> 4) << 8));  // the upper rcode, and version 0
  put16(query_.dnssec_ok ? kDnssecOk : 0);                // RFC 3225 section 3: copied
  put16(0);
  return size_;
}

bool ReplyWriter::begin_record(std::uint16_t type, std::uint32_t ttl, std::size_t data_size) {
  if (size_ + kRecordHead + data_size > limit_) truncated_ = true;
  if (truncated_) return false;  // also for a shorter one after it: records are left out from the end only
  put16(kNameOfQuestion);
  put16(type);
  put16(kClassInternet);
  put16(static_cast<std::uint16_t>(ttl >> 16));
  put16(static_cast<std::uint16_t>(ttl));
  put16(static_cast<std::uint16_t>(data_size));
  ++answers_;
  return true;
}

void ReplyWriter::put16(std::uint16_t value) {
  write16(buffer_, size_, value);
  size_ += 2;
}

void ReplyWriter::put(Bytes octets) {
  std::copy(octets.begin(), octets.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += octets.size();
}

}  // namespace stack::net::dns
