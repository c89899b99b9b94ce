#include "core/reconcile/container_events.h"

namespace stack {
namespace {

void add_end(const ContainerRecord& record, std::vector<ContainerEvent>& events) {
  const bool oom = record.exit && record.exit->oom;
  if (oom) events.push_back({"oom", {}});
  std::map<std::string, std::string> how;
  if (record.exit && record.exit->known) how["exitCode"] = std::to_string(record.exit->code);
  if (!record.exit_reason.empty()) how["reason"] = record.exit_reason;
  events.push_back({"die", how});
  if (record.stop_asked) events.push_back({"stop", {}});
}

}  // namespace

ContainerEvents::Seen ContainerEvents::seen_of(const ContainerRecord& record) {
  return {record.id, record.created_ns, record.state, record.paused, record.health, record.restarts};
}

void ContainerEvents::begin(const Records& records) {
  for (const auto& [service, record] : records) seen_[service] = seen_of(record);
}

std::vector<ContainerEvent> ContainerEvents::note(const ContainerRecord& record) {
  std::vector<ContainerEvent> events;
  Seen& seen = seen_[record.service];
  if (seen.created_ns != record.created_ns) {
    if (seen.created_ns != 0 && seen.state != ContainerState::absent) events.push_back({"destroy", {}});
    seen = {};
  }
  const Seen before = std::exchange(seen, seen_of(record));
  const ContainerState now = record.state;
  const bool has_stopped = now == ContainerState::stopping && before.state != ContainerState::stopping;
  if (before.state == ContainerState::absent && now != ContainerState::absent)
    events.push_back({"create", {}});
  const bool has_started = now == ContainerState::running && before.state != ContainerState::running;
  if (has_started) events.push_back({"start", {}});
  if (has_started && record.restarts > before.restarts) events.push_back({"restart", {}});
  if (!has_started) seen.restarts = before.restarts;  // told when it has started
  if (before.paused && !record.paused) events.push_back({"unpause", {}});
  if (has_stopped) events.push_back({"kill", {{"signal", record.stop_signal}}});
  if (now == ContainerState::exited && before.state != ContainerState::exited) add_end(record, events);
  if (!before.paused && record.paused) events.push_back({"pause", {}});
  if (record.health != before.health && record.health == Health::healthy)
    events.push_back({"health_status: healthy", {}});
  if (record.health != before.health && record.health == Health::unhealthy)
    events.push_back({"health_status: unhealthy", {}});
  return events;
}

std::map<std::string, std::string> ContainerEvents::take_removed(const Records& records) {
  std::map<std::string, std::string> removed;
  std::erase_if(seen_, [&](const auto& one) {
    if (records.contains(one.first)) return false;
    if (one.second.state != ContainerState::absent) removed[one.first] = one.second.id;
    return true;
  });
  return removed;
}

}  // namespace stack
