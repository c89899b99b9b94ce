// Processes that a signal has stopped.
#include "core/plan/plan.h"
#include "core/reconcile/drift.h"
#include "core/reconcile/process_identity.h"

namespace stack {

// What is paused is held by the freezer, and looked at again when it is let go.
void compare_process(World& world, const std::string& service, const std::string& cause) {
  const std::string object = object_of(ContinueContainer{service});
  const auto it = world.records.find(service);
  std::vector<Drift> found;
  if (it != world.records.end()) {
    const ContainerRecord& record = it->second;
    const bool runs = record.state == ContainerState::starting || record.state == ContainerState::running;
    const bool is_to_run = runs && !record.paused && !record.halted;
    if (is_to_run && is_stopped(record.pid, record.start_time))
      found.push_back({object, "running", "stopped", cause});
  }
  take_drift(world, found, [&](const std::string& one) { return one == object; });
}

}  // namespace stack
