// The rate of a link, by a token bucket filter as its root queueing discipline (tc-tbf(8)).
#pragma once

#include <cstdint>

#include "net/netlink.h"
#include "specs/result.h"

namespace stack::net {

// `bits_per_second` 0 takes a limit away. Both ends of a veth are limited where they send: a queue makes the
// sender wait, which TCP takes better than the loss that policing what arrives would mean.
Result<void> limit_rate(Netlink& route, int ifindex, std::uint64_t bits_per_second);
// Whether the link is limited as limit_rate does it, and not otherwise. Only where a limit is wanted: what
// else a host queues by is its own affair.
Result<bool> is_limited(Netlink& route, int ifindex, std::uint64_t bits_per_second);

}  // namespace stack::net
