#include "net/dns_query.h"

#include <algorithm>
#include <optional>

namespace stack::net::dns {
namespace {

constexpr std::size_t kQuestionTail = 4;     // type, class
constexpr std::size_t kRecordTail = 10;      // type, class, ttl, length of the data
constexpr std::uint8_t kPointerMark = 0xc0;  // RFC 1035 section 4.1.4
constexpr std::uint16_t kDnssecOk = 0x8000;  // RFC 6891 section 6.1.3, in the low half of the TTL
constexpr std::size_t kMaxExtraRecords = 4;  // OPT, TSIG or SIG(0); more is nobody's query

char lower(std::uint8_t octet) {
  const char letter = static_cast<char>(octet);
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

// The name of the question. Returns the offset behind it. A pointer is refused: there is nothing before the
// first name of a message that it could point to, which takes away compression loops altogether.
std::optional<std::size_t> read_name(Bytes message, Query& query) {
  std::size_t at = kHeaderSize;
  while (at < message.size()) {
    const std::size_t length = message[at++];
    if (length == 0) return at - kHeaderSize <= kMaxNameSize ? std::optional(at) : std::nullopt;
    if (length > kMaxLabelSize || at + length > message.size()) return std::nullopt;
    if (at + length - kHeaderSize >= kMaxNameSize) return std::nullopt;

    if (query.text_size != 0) query.text[query.text_size++] = '.';
    for (const std::uint8_t octet : message.subspan(at, length)) {
      if (octet == '.') query.textual = false;
      query.text[query.text_size++] = lower(octet);
    }
    at += length;
  }
  return std::nullopt;
}

// Past a name that may end in a pointer, which is not followed.
std::optional<std::size_t> skip_name(Bytes message, std::size_t at) {
  const std::size_t start = at;
  while (at < message.size() && at - start < kMaxNameSize) {
    const std::size_t length = message[at++];
    if (length == 0) return at;
    if ((length & kPointerMark) == kPointerMark)
      return at < message.size() ? std::optional(at + 1) : std::nullopt;
    if (length > kMaxLabelSize) return std::nullopt;
    at += length;
  }
  return std::nullopt;
}

void read_opt(Bytes message, std::size_t at, Query& query) {
  query.edns = true;
  query.udp_size = std::max<std::uint16_t>(read16(message, at + 2), kPlainUdpSize);  // RFC 6891 section 6.2.3
  query.edns_version = message[at + 5];
  query.dnssec_ok = (read16(message, at + 6) & kDnssecOk) != 0;
}

// One record of the additional section. Returns the offset behind it.
std::optional<std::size_t> read_extra(Bytes message, std::size_t start, Query& query) {
  const auto at = skip_name(message, start);
  if (!at || message.size() - *at < kRecordTail) return std::nullopt;

  const std::size_t end = *at + kRecordTail + read16(message, *at + 8);
  if (end > message.size()) return std::nullopt;
  if (read16(message, *at) != kTypeOpt) return end;

  const bool at_root = *at == start + 1;
  if (!at_root || query.edns) return std::nullopt;  // RFC 6891 section 6.1.1: one at most, owned by the root
  read_opt(message, *at, query);
  return end;
}

}  // namespace

Verdict parse_query(Bytes message, Query& query) {
  if (message.size() < kHeaderSize || (read16(message, kFlagsAt) & kReply) != 0) return Verdict::drop;
  if ((read16(message, kFlagsAt) & kOpcode) != 0) return Verdict::not_implemented;
  if (message.size() > kMaxQuerySize) return Verdict::malformed;
  if (read16(message, kQuestionsAt) != 1 || read16(message, kAnswersAt) != 0) return Verdict::malformed;
  const std::size_t extra = read16(message, kAdditionalsAt);
  if (read16(message, kAuthoritiesAt) != 0 || extra > kMaxExtraRecords) return Verdict::malformed;

  auto at = read_name(message, query);
  if (!at || message.size() - *at < kQuestionTail) return Verdict::malformed;
  query.type = read16(message, *at);
  query.qclass = read16(message, *at + 2);
  *at += kQuestionTail;
  query.question_size = *at - kHeaderSize;

  for (std::size_t left = extra; left > 0; --left) {
    at = read_extra(message, *at, query);
    if (!at) return Verdict::malformed;
  }
  return *at == message.size() ? Verdict::good : Verdict::malformed;
}

}  // namespace stack::net::dns
