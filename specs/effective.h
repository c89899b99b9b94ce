// What holds where the file and the image leave something open: the defaults of the Compose Specification.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "specs/stack_spec.h"

namespace stack {

// What is executed: entrypoint, then command.
std::vector<std::string> argv_of(const ServiceSpec& service);

// The check to run; null where there is none, or none is to be.
const Healthcheck* active_check(const ServiceSpec& service);

struct CheckTiming {
  Nanoseconds interval, timeout, start_period, start_interval;
  int retries;
};
CheckTiming timing_of(const Healthcheck& check);

std::string stop_signal_of(const ServiceSpec& service);

// The named services, which the stack has, and all that they depend on.
std::set<std::string> with_dependencies(const StackSpec& spec, const std::vector<std::string>& names);

// Namespaces are shared by way of so many services at most, so that whose they are is soon found.
inline constexpr std::size_t kMostSharers = 50;
// Whose network namespace the service is in, a service or "pod:NAME"; "" is the host's.
std::string network_owner(const StackSpec& spec, const ServiceSpec& service);
// The key of the network that is attached first: the highest priority, then the first by name. "" without
// any.
std::string first_network(const ServiceSpec& service);
// That of the network which gives the default route and takes published ports, of those that lead out: the
// highest gw_priority, then the first by name; an internal one only where there is no other.
std::string way_out(const StackSpec& spec, const ServiceSpec& service);

}  // namespace stack
