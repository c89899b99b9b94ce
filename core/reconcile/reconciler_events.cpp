// What `stack events` tells: kept, and sent to whoever listens.
#include <nlohmann/json.hpp>

#include "core/reconcile/reconciler.h"
#include "specs/image_reference.h"

namespace stack {

using nlohmann::json;

// Goes on where the last reconciler was: what it told is not told again, its drifts still count, and what it
// did not come to call mended will be.
void Reconciler::begin_events() {
  container_events_.begin(world_.records);
  const auto events = events_.read();
  if (!events) return broadcast({"Stack " + world_.project, "warning", "Events", events.error().words});
  for (const json& event : *events) {
    const std::string action = event.value("action", "");
    if (action == "mended") drifted_at_.erase(event.value("id", ""));
    if (action == "drift") remember_drift(event);
  }
}

void Reconciler::remember_drift(const json& event) {
  const std::string object = event.value("id", "");
  const std::int64_t time_ns = event.value("time_ns", std::int64_t{0});
  // Somebody may have set the clock meanwhile.
  const std::int64_t ago_ns = std::max<std::int64_t>(realtime_ns() - time_ns, 0);
  drifted_at_[object] = monotonic_ns() - ago_ns;
  drift_history_.note(object, monotonic_ns() - ago_ns);
  const json attributes = event.value("attributes", json::object());
  const std::string words =
      object + ": " + attributes.value("found", "") + " instead of " + attributes.value("expected", "");
  for (const std::string& service : event.value("services", std::vector<std::string>{})) {
    World::DriftTally& tally = world_.drifts[service];
    tally = {tally.count + 1, words, time_ns};
  }
}

void Reconciler::note_containers() {
  for (const auto& [service, id] : container_events_.take_removed(world_.records))
    add_event("container", "destroy", {{"id", id}, {"services", {service}}, {"attributes", json::object()}});
  for (const auto& [service, record] : world_.records) note_container(service);
}

void Reconciler::note_container(const std::string& service) {
  const auto record = world_.records.find(service);
  if (record == world_.records.end()) return;
  for (ContainerEvent& event : container_events_.note(record->second)) {
    event.attributes["name"] = record->second.name;
    const auto want = world_.desired.containers.find(service);
    if (want != world_.desired.containers.end())
      event.attributes["image"] = short_name(want->second.spec->image);
    add_event("container", event.action,
              {{"id", record->second.id}, {"services", {service}}, {"attributes", event.attributes}});
  }
}

void Reconciler::add_event(const char* type, const std::string& action, json event) {
  event["type"] = type;
  event["action"] = action;
  event["time_ns"] = realtime_ns();
  const Result<void> kept = events_.append(event);
  if (!kept) broadcast({"Stack " + world_.project, "warning", "Event not kept", kept.error().words});
  event["event"] = "event";
  for (const auto& weak : sessions_) {
    const auto session = weak.lock();
    if (session && session->hears) session->send(event);
  }
}

// What was kept since then, and where the client follows, what comes.
Result<void> Reconciler::verb_events(const SessionPtr& session, const json& request) {
  const auto since = request.at("since").get<std::int64_t>();
  for (json& event : TRY(events_.read())) {
    if (event.value("time_ns", std::int64_t{0}) < since) continue;
    event["event"] = "event";
    session->send(event);
  }
  session->hears = request.value("follow", true);
  if (!session->hears) session->result(0);
  return {};
}

}  // namespace stack
