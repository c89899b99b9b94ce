#include "core/reconcile/offline.h"

#include "core/reconcile/resolve.h"

namespace stack {

Result<std::vector<OfflineStep>> plan_offline(const StackSpec& spec) {
  const std::set<std::string> none;
  ResolveInput input;
  input.spec = &spec;
  input.stopped = &none;
  AddressBook book;
  const Desired desired = TRY(resolve(input, book));
  std::vector<OfflineStep> steps;
  for (const Step& step : make_plan(desired, Observed{})) {
    const StepText what = describe(step.action);
    steps.push_back({what.action, what.kind + " " + what.object, step.reason, step.waits});
  }
  return steps;
}

}  // namespace stack
