// Updates that fail, and going back to a model that the stack had.
#include <nlohmann/json.hpp>

#include "core/plan/updates.h"
#include "core/reconcile/history.h"
#include "core/reconcile/inactive.h"
#include "core/reconcile/reconciler.h"
#include "specs/replicas.h"

namespace stack {
namespace {

using nlohmann::json;

// Of a service that is to go back when its update fails: why that is now; "" where none is.
std::string failed_update(const Desired& desired, const Observed& seen) {
  if (desired.rolled_back) return "";
  for (const auto& [name, container] : desired.containers) {
    const UpdateConfig* config = update_config_of(desired, container);
    if (config == nullptr || config->on_failure != UpdateConfig::OnFailure::roll_back) continue;
    std::string failure = update_failure(desired, seen, name);
    if (!failure.empty()) return failure;
  }
  return "";
}

// Who was stopped by hand stays so; who is new to it is as it was then.
std::set<std::string> stopped_in(const Intent& then, const Intent& now) {
  std::set<std::string> stopped;
  for (const auto& [name, service] : then.spec.services) {
    const Intent& knows = now.spec.services.contains(name) ? now : then;
    if (knows.stopped.contains(name)) stopped.insert(name);
  }
  return stopped;
}

json row_of(const Intent& intent, const Intent* before, const Standing& now) {
  json row{{"generation", intent.standing.model},
           {"since_ns", intent.standing.since_ns},
           {"current", intent.standing.model == now.model},
           {"good", intent.standing.model == now.good},
           {"back_to", intent.standing.back_to},
           {"changes", before == nullptr ? json::array() : json(changes(before->spec, intent.spec))}};
  const auto failed = now.failed.find(intent.standing.model);
  if (failed != now.failed.end()) row["failed"] = failed->second;
  return row;
}

}  // namespace

bool Reconciler::follow_updates(const Observed& seen) {
  if (down_ || !world_.intent || gave_up_on_ == world_.intent->standing.model) return false;
  const std::string failure = failed_update(world_.desired, seen);
  if (failure.empty()) return false;
  const Standing& standing = world_.intent->standing;
  gave_up_on_ = standing.model;  // tried once: where it cannot be, the update stays as it is
  const std::uint64_t good = standing.good;
  Result<void> gone = good == 0 ? fault("none before it ran well") : go_back(good, failure);
  if (!gone) {
    broadcast({"Stack " + world_.project, "error", "Cannot roll back", gone.error().words});
    return false;
  }
  const std::string words =
      "update failed: " + failure + "; rolled back to generation " + std::to_string(good);
  broadcast({"Stack " + world_.project, "warning", "Rolling back", "to generation " + std::to_string(good)});
  add_event("stack", "rollback",
            {{"id", world_.project},
             {"services", json::array()},
             {"attributes", {{"reason", failure}, {"to", std::to_string(good)}}}});
  for (Waiter& waiter : waiters_) {
    if (waiter.goal != Goal::up) continue;
    waiter.failure = words;
    std::erase_if(waiter.services,
                  [this](const auto& name) { return !world_.desired.containers.contains(name); });
  }
  return true;
}

// From one instant to the next, on the disk too, the stack is what it was by that model.
Result<void> Reconciler::go_back(std::uint64_t model, const std::string& failed) {
  Intent then = TRY(load_generation(world_.paths, model));
  Intent intent = *world_.intent;
  if (!failed.empty()) intent.standing.failed[intent.standing.model] = failed;
  intent.standing.back_to = model;
  intent.stopped = stopped_in(then, *world_.intent);
  intent.spec = std::move(then.spec);
  return accept(std::move(intent));
}

Result<void> Reconciler::verb_rollback(const SessionPtr& session, const json& request) {
  if (!world_.intent) return fault("the stack has no file yet");
  const Standing& standing = world_.intent->standing;
  const auto model = request.at("generation").get<std::uint64_t>();
  if (model == standing.model) return fault("generation " + std::to_string(model) + " is that of now");
  if (model != standing.back_to) TRY(go_back(model, ""));  // else asked again, after a reconciler's death
  std::set<std::string> services;
  for (const auto& [name, service] : world_.intent->spec.services)
    if (!is_left_alone(world_.intent->spec, name) && !world_.intent->stopped.contains(name))
      services.insert(name);
  revive(services, Revive::unfinished);
  wait_for(session, Goal::up, services, request.value("wait", false));
  return {};
}

Result<void> Reconciler::verb_history(const SessionPtr& session) {
  if (!world_.intent) return fault("the stack has no file yet");
  std::vector<std::string> faults;
  const std::vector<Intent> older = TRY(load_history(world_.paths, faults));
  json rows = json::array();
  const Intent* newer = &*world_.intent;
  for (const Intent& intent : older) {
    rows.push_back(row_of(*newer, &intent, world_.intent->standing));
    newer = &intent;
  }
  rows.push_back(row_of(*newer, nullptr, world_.intent->standing));
  session->answer(0, {{"generations", rows}, {"faults", faults}});
  return {};
}

}  // namespace stack
