// The rate of a link, by a token bucket filter as its root queueing discipline (tc-tbf(8)).
#pragma once

#include <cstdint>
#include <map>

#include "net/netlink.h"
#include "specs/result.h"

namespace stack::net {

// `bits_per_second` 0 takes a limit away. Both ends of a veth are limited where they send: a queue makes the
// sender wait, which TCP takes better than the loss that policing what arrives would mean.
Result<void> limit_rate(Netlink& route, int ifindex, std::uint64_t bits_per_second);
// What limit_rate sets, as the kernel holds it.
struct RateLimit {
  std::uint64_t rate = 0, queue = 0;  // bytes per second, bytes
  bool operator==(const RateLimit&) const = default;
};
RateLimit rate_limit_of(std::uint64_t bits_per_second);
// Of every link that has one.
Result<std::map<int, RateLimit>> list_rate_limits(Netlink& route);

}  // namespace stack::net
