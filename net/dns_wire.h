// DNS messages as bytes: sizes, header fields, and what may be done to a message on its way through. Only the header
// of ldns is used (its constants and wire offsets): all objects of libldns.a but its buffer hang together and need
// libcrypto, megabytes that this program has no other use for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stack::net::dns {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

constexpr std::size_t kHeaderSize = 12;      // RFC 1035 section 4.1.1
constexpr std::size_t kMaxNameSize = 255;    // on the wire, section 3.1
constexpr std::size_t kMaxLabelSize = 63;    // section 3.1
constexpr std::size_t kMaxQuerySize = 4096;  // no honest query is longer, padding (RFC 8467) and cookies included
constexpr std::size_t kMaxMessageSize = 65535;
constexpr std::size_t kPlainUdpSize = 512;  // what every asker takes over UDP
constexpr std::size_t kMaxUdpSize = 4096;   // what we send at most over UDP: loopback has no fragments to fear

[[nodiscard]] std::uint16_t read16(Bytes message, std::size_t offset);
void write16(MutableBytes message, std::size_t offset, std::uint16_t value);

[[nodiscard]] std::uint16_t id_of(Bytes message);
void set_id(MutableBytes message, std::uint16_t id);
[[nodiscard]] std::uint8_t rcode_of(Bytes message);  // the four bits in the header
[[nodiscard]] bool is_truncated(Bytes message);

// Equal but for the case of ASCII letters, which names ignore (RFC 4343).
[[nodiscard]] bool equal_ignoring_case(Bytes left, Bytes right);

// Does `reply`, from an upstream, answer `query` (same id, same question)? An error without a question section counts
// too: servers that cannot read a query (EDNS is news to them, say) reply so.
[[nodiscard]] bool is_reply_to(Bytes reply, Bytes query, std::size_t question_size);

// The message's size, after it was cut down to header and question and marked truncated, had it been above `limit`.
std::size_t cut_to(MutableBytes message, std::size_t question_size, std::size_t limit);

}  // namespace stack::net::dns
