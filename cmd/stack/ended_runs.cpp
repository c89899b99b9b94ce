#include "cmd/stack/ended_runs.h"

#include <nlohmann/json.hpp>

namespace stack::cmd {
namespace {

using nlohmann::json;

bool is_over(const json& container) {
  const std::string state = container.value("state", "");
  return state == "exited" || state == "restarting" || state == "absent";
}

}  // namespace

void EndedRuns::expect(const json& container) {
  runs_[container.value("key", "")] = {container.value("id", ""), container.value("pid", 0),
                                       container.value("restarts", 0), false};
}

std::optional<EndedRuns::End> EndedRuns::note(const json& container) {
  const auto it = runs_.find(container.value("key", ""));
  if (it == runs_.end() || it->second.ended) return std::nullopt;
  Run& run = it->second;
  const int pid = container.value("pid", 0);
  const bool succeeded =
      container.value("restarts", 0) > run.restarts || (run.pid != 0 && pid != 0 && pid != run.pid);
  if (run.pid == 0) run.pid = pid;
  if (run.id.empty()) run.id = container.value("id", "");
  if (!is_over(container) && !succeeded) return std::nullopt;
  run.ended = true;
  ++ended_;
  End end{run.id, std::nullopt};
  if (container.contains("last_exit_code")) end.code = container.value("last_exit_code", 0);
  if (!first_) first_ = end;
  return end;
}

}  // namespace stack::cmd
