// The one clone3 of containers and execs: a sibling of ours, a child of the keeper.
#pragma once

#include "core/engine/launch.h"
#include "core/engine/launch_plan.h"
#include "core/sys/pipes.h"
#include "specs/result.h"

namespace stack::engine {

// The pipes between parent and child, made known to the plan.
struct Lines {
  Pipe go, outcome;
};
Result<Lines> open_lines(ProcessPlan& plan);

struct CloneRequest {
  unsigned long long flags = 0;  // CLONE_NEW..., beside those that are always set
  int cgroup = -1;               // v2: entered by the clone itself
  int pid_ns = -1;               // an nsfs or pidfd whose pid namespace the child is to be in
};
// Returns twice: with pid 0 in the child, which must go on to its program and never return.
struct Cloned {
  pid_t pid = -1;
  UniqueFd pidfd;
};
Result<Cloned> clone_sibling(const CloneRequest& request);

// The parent's half of a child that was cloned.
Pending make_pending(Cloned cloned, Lines lines);

}  // namespace stack::engine
