// How a process ended: for a child the zombie says so, and stays; for an adopted process whoever of the
// kernel's witnesses still knows.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/keeper/protocol.h"

namespace stack::keeper {

// `exit.ended` stays 0 where the process still runs. Leaves a child's zombie where it is.
void peek_exit(int pidfd, pid_t pid, std::uint64_t start_time, wire::ExitBody& exit);
// Lets a dead child's zombie go; one who is not our child, or is gone, is none of our business.
void reap(int pidfd);

struct ProcStat {
  char state = '?';
  std::uint64_t start_time = 0;  // clock ticks since boot
  int exit_code = 0;             // as wait(2); only of a zombie
};
bool read_stat(pid_t pid, ProcStat& stat);

}  // namespace stack::keeper
