// How many descriptors a process of ours may have, and how many its children are to start with.
#pragma once

#include <sys/resource.h>

namespace stack {

// Raises the soft limit to the hard one: what a stack needs grows with its services. Select(2) is not used
// here.
void raise_descriptor_limit();
// The limit as it was found: what a program that knows nothing of this expects (systemd.exec(5),
// LimitNOFILE).
rlimit found_descriptor_limit();

}  // namespace stack
