// In which order services are built. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// "service:base" is "base": an additional context that is another service's image. Else empty.
std::string service_of_context(const std::string& context);

// Those of `services` that have `build:`, and the ones that they need as an additional context, each after
// what it needs, else by name. An error for contexts that go in a circle.
Result<std::vector<std::string>> build_order(const StackSpec& spec, const std::set<std::string>& services);

}  // namespace stack::cmd
