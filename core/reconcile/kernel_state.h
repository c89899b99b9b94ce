// What of the stack is in the kernel beside its containers: bridges, pinned namespaces with their endpoints,
// the firewall table. The kernel is asked whether each is there; what it cannot tell (of which spec it was
// made) is kept in /run.
#pragma once

#include "core/reconcile/world.h"
#include "specs/result.h"

namespace stack {

Result<void> save_kernel_state(const World& world);
// At start: what the last reconciler wrote.
Result<void> load_kernel_state(World& world);
// Forgets what the kernel no longer holds, so that the planner makes it again.
Result<void> observe_kernel(World& world);

}  // namespace stack
