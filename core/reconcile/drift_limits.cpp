// Limits that are no longer as they were written.
#include "core/engine/cgroup_watch.h"
#include "core/plan/plan.h"
#include "core/reconcile/drift.h"

namespace stack {

std::vector<cgroup::Limit> limits_of(const World& world, const std::string& service) {
  const auto record = world.records.find(service);
  const auto want = world.desired.containers.find(service);
  if (record == world.records.end() || want == world.desired.containers.end()) return {};
  const bool made = record->second.state == ContainerState::running &&
                    record->second.resources_hash == want->second.resources_hash;
  if (!made) return {};
  return world.cgroups->limits(world.paths.container_cgroup(service), want->second.spec->resources);
}

Result<void> compare_limits(World& world, const std::string& service, const std::string& cause) {
  const std::string object = object_of(UpdateResources{service});
  const auto changed = TRY(cgroup::changed_limit(limits_of(world, service)).with("limits of " + service));
  std::vector<Drift> found;
  if (changed) {
    const std::string file = changed->limit.file.substr(changed->limit.file.find_last_of('/') + 1);
    found.push_back({object, file + " = " + changed->limit.value, changed->held, cause});
  }
  take_drift(world, found, [&](const std::string& one) { return one == object; });
  return {};
}

}  // namespace stack
