// Files of ours that somebody has deleted, moved away or written to.
#include <unistd.h>

#include "core/plan/plan.h"
#include "core/reconcile/drift.h"

namespace stack {

void compare_file(World& world, const std::string& path, const std::string& cause) {
  const std::string name = world.state.name_of(path);
  if (name.empty()) return;
  const std::string object = object_of(RewriteFile{name});
  std::vector<Drift> found;
  const std::string difference = world.state.difference(path);
  if (!difference.empty()) found.push_back({object, "as it was written", difference, cause});
  take_drift(world, found, [&](const std::string& one) { return one == object; });
}

std::string log_folder_of(const World& world, const std::string& service) {
  const auto record = world.records.find(service);
  const auto process = world.processes.find(service);
  const bool has_log = record != world.records.end() && record->second.state == ContainerState::running &&
                       process != world.processes.end() && process->second.out &&
                       process->second.limits.max_bytes != keeper::kNoLog;
  return has_log ? world.paths.log_dir(service) : "";
}

// What is not there may never have been, for nothing is opened before the first byte comes; what is there
// again has been rotated. What has gone for good stays to be mended until the keeper has been told.
void compare_log(World& world, const std::string& service, const std::set<std::string>& gone,
                 const std::string& cause) {
  const std::string folder = log_folder_of(world, service);
  const std::string object = object_of(ReopenLog{service});
  const auto known = world.drift.find(object);
  if (folder.empty() && known != world.drift.end()) world.drift.erase(known);
  if (folder.empty() || known != world.drift.end()) return;
  for (const std::string& name : gone) {
    const bool is_log = name.ends_with(".log") || name.ends_with(".idx");
    if (!is_log || ::access((folder + "/" + name).c_str(), F_OK) == 0) continue;
    return take_drift(world, {{object, name + " written to", name + " deleted", cause}},
                      [&](const std::string& one) { return one == object; });
  }
}

}  // namespace stack
