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

}  // namespace stack
