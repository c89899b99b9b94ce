#include "core/reconcile/update_faults.h"

#include "core/plan/updates.h"

namespace stack {

bool is_monitored(const World& world, const ContainerRecord& record) {
  const auto want = world.desired.containers.find(record.service);
  if (want == world.desired.containers.end() || record.stop_asked) return false;
  return monotonic_ns() < monitored_until(world.desired, observed(record), want->second);
}

void note_update_fault(const World& world, ContainerRecord& record, const std::string& words) {
  if (!record.update_fault.empty()) return;
  record.update_fault = words;
  world.tell({"Container " + record.name, "error", "Update failed", words});
}

}  // namespace stack
