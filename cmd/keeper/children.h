// Children that nobody watches: the reconciler cloned them (CLONE_PARENT) and died, or failed, before it
// handed them over.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace stack::keeper::children {

// The reconciler is dead: whoever it cloned and did not hand over will never be released, and is killed.
void kill_unwatched();
// Lets the zombies of such children go. One of a living reconciler is left for a while: its `watch` may be on
// the way.
void reap_unwatched(pid_t reconciler);

}  // namespace stack::keeper::children
