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
// A signal has stopped all of it (state T of proc(5); what a debugger holds is in another), and the pid is
// still that of the process that started then.
bool is_stopped(pid_t pid, std::uint64_t start_time);
Result<std::string> boot_id();

}  // namespace stack
