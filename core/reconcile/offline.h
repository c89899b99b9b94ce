// The plan of a stack that does not run: everything is to be made. For `stack plan` where there is no
// reconciler to ask.
#pragma once

#include "core/plan/plan.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

struct OfflineStep {
  std::string action, object, reason;
  std::vector<std::string> waits;
};
Result<std::vector<OfflineStep>> plan_offline(const StackSpec& spec);

}  // namespace stack
