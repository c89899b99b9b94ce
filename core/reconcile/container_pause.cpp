// `pause`: a running container whose processes are held still by the cgroup freezer. It is part of the
// record, not of the file: what ends is paused no more, and the planner, to which it runs, repairs nothing.
#include "core/reconcile/containers.h"

namespace stack {

// The record first, each time: the next reconciler finishes what this one was killed in.
Result<void> Containers::pause(const std::string& service) {
  const auto it = world_.records.find(service);
  if (it == world_.records.end() || it->second.state != ContainerState::running)
    return fault("\"" + service + "\" is not running");
  ContainerRecord& record = it->second;
  if (record.paused) return {};
  world_.tell({"Container " + record.name, "working", "Pausing", ""});
  record.paused = true;
  TRY(world_.state.keep(record));
  health_.end(service);
  const Result<void> frozen = bring_freezer_to(record);
  if (!frozen) {
    TRY(unpause(service));
    return frozen;
  }
  world_.tell({"Container " + record.name, "done", "Paused", ""});
  world_.changed(service);
  return {};
}

Result<void> Containers::unpause(const std::string& service) {
  const auto it = world_.records.find(service);
  if (it == world_.records.end() || it->second.state != ContainerState::running)
    return fault("\"" + service + "\" is not running");
  ContainerRecord& record = it->second;
  if (!record.paused) return {};
  world_.tell({"Container " + record.name, "working", "Unpausing", ""});
  TRY(let_go(record));
  health_.begin(service);
  world_.tell({"Container " + record.name, "done", "Unpaused", ""});
  world_.changed(service);
  return {};
}

Result<void> Containers::let_go(ContainerRecord& record) {
  if (!record.paused) return {};
  record.paused = false;
  TRY(world_.state.keep(record));
  return bring_freezer_to(record);
}

// Who is to end is not held: a process in v1's freezer does not even take SIGKILL.
Result<void> Containers::bring_freezer_to(const ContainerRecord& record) {
  const std::string cgroup = world_.paths.container_cgroup(record.service);
  if (record.paused && record.state == ContainerState::running)
    return world_.cgroups->freeze(cgroup).with(record.service + ": pause");
  return world_.cgroups->thaw(cgroup).with(record.service + ": unpause");
}

}  // namespace stack
