// What to do with one DNS query: pure, so that it is tested by the table and fuzzed.
//
// A name of the view is answered here for every type (an empty NOERROR where there is no such record:
// NXDOMAIN would make resolvers give up the name, and forwarding would stall them). So are localhost (RFC
// 6761) and the addresses of the view turned round. ANY gets one kind of record (RFC 8482). Everything else
// is forwarded where the view has upstreams, names of a single label too: routers at home answer them, and
// NXDOMAIN for "com" would take all of .com from a caching resolver in the container (RFC 8020). Without
// upstreams, on internal networks, nothing is ever forwarded (CVE-2024-29018) and the answer is NXDOMAIN: it
// is the truth there and ends the search at once, while SERVFAIL and REFUSED make musl and glibc ask again
// and report a temporary failure.
#pragma once

#include <variant>

#include "net/dns_server.h"
#include "net/dns_wire.h"

namespace stack::net::dns {

// Addresses here outlive restarts and move only with an edit of the file, so this bounds how long such an
// edit takes to reach caching clients (nginx, the JVM), for a question each ten seconds.
constexpr std::uint32_t kTtl = 10;

enum class Transport { udp, tcp };

struct Drop {};
struct Replied {
  std::size_t size;  // of the reply in the buffer
};
struct Forward {
  std::size_t question_size;
  std::size_t max_reply;  // what the asker takes
};
using Decision = std::variant<Drop, Replied, Forward>;

// `rotation` says which of several addresses comes first. `reply` is at least kPlainUdpSize long.
Decision answer(const DnsView& view, Bytes query, Transport transport, unsigned rotation, MutableBytes reply);

// The reply SERVFAIL to a query that was to be forwarded.
std::size_t answer_failure(Bytes query, MutableBytes reply);

}  // namespace stack::net::dns
