// Clients that wait for the stack to be as they asked. Whether it is so is decided by values alone: pure.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/plan/plan.h"
#include "core/reconcile/session.h"
#include "core/reconcile/world.h"

namespace stack {

enum class Goal {
  up,       // every service runs (or has done its work)
  stopped,  // no service has a process
  removed,  // nothing is left of any
};

struct Waiter {
  std::weak_ptr<Session> session;
  Goal goal = Goal::up;
  std::set<std::string> services;
  bool healthy = false;                // `--wait`: running is not enough
  std::set<std::string> leaving = {};  // these are to be gone as well
  std::string failure = {};  // told once what took the place of its wish is reached: it was rolled back
};

struct WaitVerdict {
  bool reached = false;
  std::string failure;             // why it can no longer be reached, or ""
  std::int64_t look_again_ns = 0;  // monotonic clock: it depends on the time too; 0: on events alone
};

// `observed` is what the plan was made of.
WaitVerdict judge(const Waiter& waiter, const World& world, const Observed& observed, const Plan& plan);

}  // namespace stack
