// Tells a process from a later one with the same pid: by its start time within one boot.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "specs/result.h"

namespace stack {

// Whether it has begun to end, or is gone. The first process of a pid namespace is long in that state: it
// waits until all the others have been reaped.
bool is_exiting(pid_t pid);
// Field 22 of /proc/PID/stat, in clock ticks since boot (proc(5)).
Result<std::uint64_t> start_time_of(pid_t pid);
Result<std::string> boot_id();

}  // namespace stack
