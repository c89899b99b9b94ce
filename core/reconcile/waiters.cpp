#include "core/reconcile/waiters.h"

#include "core/plan/updates.h"
#include "specs/effective.h"

namespace stack {
namespace {

const Step* start_step(const Plan& plan, const std::string& service) {
  for (const Step& step : plan)
    if (const auto* start = std::get_if<StartContainer>(&step.action);
        start != nullptr && start->service == service)
      return &step;
  return nullptr;
}

// A container whose program could not be run at all fails an `up`, also while it is tried again.
bool never_ran(const ContainerRecord& record) {
  return record.state == ContainerState::exited && record.started_ns == 0;
}

// Whether it has outlived the time in which its end is a failure of the update that made it.
WaitVerdict judge_update(const ContainerRecord& record, const World& world) {
  const DesiredContainer& want = world.desired.containers.at(record.service);
  const std::int64_t until = monitored_until(world.desired, observed(record), want);
  if (until <= monotonic_ns()) return {true, ""};
  return {false, "", until == kOpenEnd ? 0 : until};
}

WaitVerdict judge_up(const std::string& service, const Waiter& waiter, const World& world,
                     const Observed& seen, const Plan& plan) {
  const auto found = world.records.find(service);
  const Step* start = start_step(plan, service);
  if (start != nullptr && !start->impossible.empty()) return {false, service + ": " + start->impossible};
  if (found == world.records.end()) return {false, ""};
  if (const std::string failed = update_failure(world.desired, seen, service); !failed.empty())
    return {false, service + ": update failed: " + failed};
  const ContainerRecord& record = found->second;
  const ServiceSpec& spec = *world.desired.containers.at(service).spec;
  switch (record.state) {
    case ContainerState::running:
      if (start != nullptr) return {false, ""};  // its turn to be made anew is to come
      if (!record.hook_fault.empty()) return {false, service + ": " + record.hook_fault};
      if (static_cast<std::size_t>(record.post_start_done) < spec.post_start.size()) return {false, ""};
      if (const WaitVerdict update = judge_update(record, world); !update.reached) return update;
      if (!waiter.healthy || active_check(spec) == nullptr) return {true, ""};
      if (record.health == Health::unhealthy) return {false, service + ": container is unhealthy"};
      if (record.paused && record.health != Health::healthy)
        return {false, service + ": is paused, and its health is not checked"};
      return {record.health == Health::healthy, ""};
    case ContainerState::exited:
      if (start != nullptr && !record.restarting) return {false, ""};  // made anew
      if (never_ran(record)) return {false, record.exit_reason};
      if (!record.restarting && waiter.healthy && (!record.exit->known || record.exit->code != 0))
        return {false, service + ": " + record.exit_reason};
      return {true, ""};
    default:
      return {false, ""};
  }
}

bool is_stopped(const std::string& service, const World& world) {
  const auto record = world.records.find(service);
  if (record == world.records.end()) return true;
  const ContainerState state = record->second.state;
  return state == ContainerState::exited || state == ContainerState::absent ||
         state == ContainerState::created;
}

bool is_removed(const std::string& service, const World& world) {
  const auto record = world.records.find(service);
  return record == world.records.end() || record->second.state == ContainerState::absent;
}

}  // namespace

WaitVerdict judge(const Waiter& waiter, const World& world, const Observed& observed, const Plan& plan) {
  WaitVerdict all{true, ""};
  for (const std::string& service : waiter.leaving) all.reached = all.reached && is_removed(service, world);
  for (const std::string& service : waiter.services) {
    if (waiter.goal == Goal::stopped) {
      all.reached = all.reached && is_stopped(service, world);
      continue;
    }
    if (waiter.goal == Goal::removed) {
      all.reached = all.reached && is_removed(service, world);
      continue;
    }
    if (!world.desired.containers.contains(service)) continue;
    const WaitVerdict one = judge_up(service, waiter, world, observed, plan);
    all.reached = all.reached && one.reached;
    if (one.look_again_ns != 0 && (all.look_again_ns == 0 || one.look_again_ns < all.look_again_ns))
      all.look_again_ns = one.look_again_ns;
    if (!one.failure.empty()) all.failure += (all.failure.empty() ? "" : "\n") + one.failure;
  }
  if (all.reached && all.failure.empty()) all.failure = waiter.failure;
  return all;
}

}  // namespace stack
