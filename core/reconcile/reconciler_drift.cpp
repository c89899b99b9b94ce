// What changes below the stack without its doing: when it is looked for, and how soon it is mended.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/reconcile/reconciler.h"

namespace stack {
namespace {

using nlohmann::json;

constexpr std::int64_t kLookAgainNs = 100'000'000;

// Whom a drift of `object` is about: a network's drift about all who are in it, the firewall's about all.
std::set<std::string> services_on(const Desired& desired, const std::string& object) {
  std::set<std::string> services;
  for (const auto& [service, container] : desired.containers) {
    bool on = object == object_of(ApplyFirewall{}) || object == object_of(UpdateResources{service}) ||
              object == object_of(ContinueContainer{service}) || object == object_of(MountFolder{}) ||
              object == object_of(ReopenLog{service}) || object == object_of(RewriteFile{"intent.json"}) ||
              object == object_of(RewriteFile{"kernel.json"}) ||
              object == object_of(RewriteFile{"state/" + service + ".json"});
    for (const std::string& owner : {container.net_owner, container.ipc_owner, container.uts_owner})
      on = on || (!owner.empty() && object == object_of(PinSandbox{owner}));
    on = on || (!container.net_owner.empty() && object == object_of(OpenResolver{container.net_owner}));
    const auto sandbox = desired.sandboxes.find(container.net_owner);
    if (sandbox != desired.sandboxes.end())
      for (const auto& [network, endpoint] : sandbox->second.endpoints)
        on = on || object == object_of(CreateNetwork{network}) ||
             object == object_of(AttachEndpoint{container.net_owner, network});
    if (on) services.insert(service);
  }
  return services;
}

}  // namespace

void Reconciler::follow_limits() {
  if (down_) return;
  const Result<void> followed = drift_.follow_limits();
  if (!followed) std::fprintf(stderr, "listen to limits: %s\n", followed.error().words.c_str());
  note_mended();  // those of the ended
}

void Reconciler::follow_files() {
  if (down_ || !waiters_.empty()) return;
  const Result<void> followed = drift_.follow_files();
  if (!followed) std::fprintf(stderr, "listen to files: %s\n", followed.error().words.c_str());
}

// Called when something was heard, and when all work is done: what we change ourselves is heard too, and must
// be whole before it is compared.
void Reconciler::look_for_drift() {
  if (!at_rest() || down_ || !world_.intent) return;
  const Result<void> looked = drift_.look();
  if (!looked) {
    // A link that went while it was looked at, say. What was to be compared still is.
    std::fprintf(stderr, "look for drift: %s\n", looked.error().words.c_str());
    return arm_timer(monotonic_ns() + kLookAgainNs);
  }
  if (!world_.drift.empty() || !drifted_at_.empty()) wake();
}

// Before somebody is told what is, or asks for something else. While steps are under way the kernel is not as
// anybody wants it; the look that follows them is then at everything.
Result<void> Reconciler::look_at_all() {
  drift_.look_at_all_next();
  return queue_.empty() && executor_.settled() && !down_ ? drift_.look() : Result<void>();
}

void Reconciler::note_drift(const Drift& drift) {
  const DriftHistory::Entry& entry = drift_history_.note(drift.object, monotonic_ns());
  const std::int64_t wait_ms = std::max<std::int64_t>(entry.not_before_ns - entry.last_ns, 0) / 1'000'000;
  const std::string words = drift.object + ": " + drift.found + " instead of " + drift.expected;
  std::fprintf(stderr, "%s (%s)%s\n", words.c_str(), drift.cause.c_str(),
               wait_ms == 0 ? ""
                            : (", " + std::to_string(entry.in_a_row) + " times in a row: mended in " +
                               std::to_string(wait_ms) + " ms")
                                  .c_str());
  drifted_at_[drift.object] = monotonic_ns();
  const std::set<std::string> services = services_on(world_.desired, drift.object);
  for (const std::string& service : services) {
    World::DriftTally& tally = world_.drifts[service];
    tally = {tally.count + 1, words, realtime_ns()};
  }
  json attributes{{"expected", drift.expected},
                  {"found", drift.found},
                  {"cause", drift.cause},
                  {"count", std::to_string(entry.count)}};
  if (wait_ms != 0) attributes["mendedInMs"] = std::to_string(wait_ms);
  add_event("drift", "drift", {{"id", drift.object}, {"services", services}, {"attributes", attributes}});
}

void Reconciler::note_mended() {
  std::erase_if(drifted_at_, [this](const auto& one) {
    const auto& [object, since] = one;
    if (world_.drift.contains(object)) return false;
    const std::int64_t took_us = (monotonic_ns() - since) / 1000;
    add_event("drift", "mended",
              {{"id", object},
               {"services", services_on(world_.desired, object)},
               {"attributes", {{"afterUs", std::to_string(took_us)}}}});
    return true;
  });
}

std::int64_t Reconciler::damped_until(const std::string& object) const {
  const DriftHistory::Entry* const entry =
      world_.drift.contains(object) ? drift_history_.find(object) : nullptr;
  return entry == nullptr ? 0 : entry->not_before_ns;
}

// Of what has drifted again and again; 0 for any other action. An endpoint needs its bridge.
std::int64_t Reconciler::damped_until(const Action& action) const {
  if (world_.drift.empty()) return 0;
  const auto* attach = std::get_if<AttachEndpoint>(&action);
  const std::int64_t bridge = attach == nullptr ? 0 : damped_until(object_of(CreateNetwork{attach->network}));
  return std::max(damped_until(object_of(action)), bridge);
}

}  // namespace stack
