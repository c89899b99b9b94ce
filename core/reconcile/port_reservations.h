// Published ports are bound on the host too, though the firewall carries their traffic: another program then
// cannot take them, and one that has them already is found before anything is started.
#pragma once

#include <string>
#include <vector>

#include "core/reconcile/world.h"
#include "specs/result.h"

namespace stack {

// Ports without a number of their own get the one that was chosen for them before, if any.
void keep_chosen_ports(StackSpec& spec, const StackSpec* before);
// Gives every `published: 0` of `spec`, and every range for one port of a container, a port: the one it had
// in `before` (may be null), else a free one.
Result<void> choose_free_ports(StackSpec& spec, const StackSpec* before);

// Words of each port of `spec` that cannot be had; those that can are bound, and kept by the keeper until
// release_ports().
std::vector<std::string> reserve_ports(World& world, const StackSpec& spec);
// Lets go of what `spec` no longer publishes.
Result<void> release_ports(World& world, const StackSpec& spec);

}  // namespace stack
