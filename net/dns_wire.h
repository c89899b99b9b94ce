// DNS messages as bytes: sizes, header fields, and what may be done to a message on its way through. No
// library: what is needed of the wire format is this page, and ldns would bring libcrypto, megabytes, with
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stack::net::dns {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

constexpr std::size_t kHeaderSize = 12;    // RFC 1035 section 4.1.1
constexpr std::size_t kMaxNameSize = 255;  // on the wire, section 3.1
constexpr std::size_t kMaxLabelSize = 63;  // section 3.1
constexpr std::size_t kMaxQuerySize =
    4096;  // no honest query is longer, padding (RFC 8467) and cookies included
constexpr std::size_t kMaxMessageSize = 65535;
constexpr std::size_t kPlainUdpSize = 512;  // what every asker takes over UDP
constexpr std::size_t kMaxUdpSize = 4096;  // what we send at most over UDP: loopback has no fragments to fear

// Offsets in the header, RFC 1035 section 4.1.1.
constexpr std::size_t kIdAt = 0, kFlagsAt = 2, kQuestionsAt = 4, kAnswersAt = 6, kAuthoritiesAt = 8,
                      kAdditionalsAt = 10;
// Its flags. kOpcode and kRcode are masks; opcode 0 is QUERY.
constexpr std::uint16_t kReply = 0x8000, kOpcode = 0x7800, kAuthoritative = 0x0400, kTruncated = 0x0200,
                        kRecursionDesired = 0x0100, kRecursionAvailable = 0x0080, kCheckingDisabled = 0x0010,
                        kRcodeBits = 0x000f;

using Rcode = std::uint16_t;  // four bits go into the header, the rest into the OPT record
constexpr Rcode kNoError = 0, kMalformed = 1, kFailure = 2, kUnknownName = 3, kNotImplemented = 4,
                kRefused = 5;
constexpr Rcode kBadVersion = 16;  // RFC 6891 section 9

constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kTypeA = 1, kTypePtr = 12, kTypeAaaa = 28, kTypeOpt = 41, kTypeAny = 255;

// The caller has seen that the message reaches that far.
[[nodiscard]] std::uint16_t read16(Bytes message, std::size_t offset);
void write16(MutableBytes message, std::size_t offset, std::uint16_t value);

[[nodiscard]] std::uint16_t id_of(Bytes message);
void set_id(MutableBytes message, std::uint16_t id);
[[nodiscard]] Rcode rcode_of(Bytes message);  // the four bits in the header

// Equal but for the case of ASCII letters, which names ignore (RFC 4343).
[[nodiscard]] bool equal_ignoring_case(Bytes left, Bytes right);

// Does `reply`, from an upstream, answer `query` (same id, same question)? An error without a question
// section counts too: servers that cannot read a query (EDNS is news to them, say) reply so.
[[nodiscard]] bool is_reply_to(Bytes reply, Bytes query, std::size_t question_size);

// The message's size, after it was cut down to header and question and marked truncated, had it been above
// `limit`.
std::size_t cut_to(MutableBytes message, std::size_t question_size, std::size_t limit);

}  // namespace stack::net::dns
