// What a file asks for that this host or this build cannot do: found before anything is started.
#pragma once

#include <string>
#include <vector>

#include "core/reconcile/world.h"

namespace stack {

// Words of each fault, with its place in the file; empty: all can be done.
std::vector<std::string> infeasible(const World& world, const StackSpec& spec);

}  // namespace stack
