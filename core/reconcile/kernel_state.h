// What of the stack is in the kernel beside its containers: bridges, pinned namespaces with their endpoints,
// the firewall table. Whether each is still as it was made, the kernel is asked (core/reconcile/drift.h);
// what it cannot tell (of which spec it was made) is kept in /run.
#pragma once

#include "core/reconcile/world.h"
#include "specs/result.h"

namespace stack {

Result<void> save_kernel_state(World& world);
// At start: what the last reconciler wrote.
Result<void> load_kernel_state(World& world);

}  // namespace stack
