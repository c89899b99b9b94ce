// What is wanted of the network, as the links that net/ makes of it.
#pragma once

#include <string>

#include "core/reconcile/world.h"
#include "net/links.h"

namespace stack {

// Of a network that is wanted.
net::Bridge bridge_of(const World& world, const std::string& network);
// Of a sandbox that is wanted to be in that network; without the name inside it (see Executor::attach).
net::Endpoint endpoint_of(const World& world, const std::string& owner, const std::string& network);

}  // namespace stack
