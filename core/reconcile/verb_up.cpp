// `up` and `plan`: a new file, checked whole before anything is changed.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/plan/dependencies.h"
#include "core/plan/updates.h"
#include "core/reconcile/dns_views.h"
#include "core/reconcile/feasibility.h"
#include "core/reconcile/file_contents.h"
#include "core/reconcile/history.h"
#include "core/reconcile/id_ranges.h"
#include "core/reconcile/inactive.h"
#include "core/reconcile/network_claims.h"
#include "core/reconcile/one_offs.h"
#include "core/reconcile/port_reservations.h"
#include "core/reconcile/reconciler.h"
#include "core/reconcile/resolve.h"
#include "specs/canonical.h"
#include "specs/effective.h"
#include "specs/replicas.h"
#include "specs/text.h"

namespace stack {
namespace {

using nlohmann::json;

std::set<std::string> all_of(const StackSpec& spec) {
  std::set<std::string> names;
  for (const auto& [name, service] : spec.services)
    if (!is_left_alone(spec, name)) names.insert(name);
  return names;
}

// The services that an `up` is about: those named, with what they depend on unless that is not wished; else
// all.
std::set<std::string> chosen_of(const StackSpec& spec, const json& request) {
  const auto names = request.value("services", std::vector<std::string>{});
  if (names.empty()) return all_of(spec);
  const std::set<std::string> containers = containers_of(spec, names);
  if (request.value("no_deps", false)) return containers;
  return with_dependencies(spec, {containers.begin(), containers.end()});
}

// Whether a service that runs is as the request has it: then `create` leaves it running.
bool is_current(const ServiceSpec& before, const ServiceSpec& now, const json& request) {
  return !request.value("force_recreate", false) && recreate_keys(before) == recreate_keys(now);
}

// `wire` is that of the intent's model.
bool has_the_same_model(const World& world, const std::string& wire) {
  return world.intent &&
         wire == (world.intent_wire.empty() ? to_wire(world.intent->spec) : world.intent_wire);
}

bool is_the_same(const World& world, const Intent& intent, const std::string& wire) {
  if (!world.intent || world.intent->stopped != intent.stopped || !(world.intent->book == intent.book))
    return false;
  return has_the_same_model(world, wire);
}

// Its model takes the place of that on the disk, which goes to the history.
Result<void> begin_model(const World& world, const Observed& seen, Intent& intent) {
  Standing& standing = intent.standing;
  if (world.intent) {
    if (is_good(world.desired, seen, monotonic_ns())) standing.good = standing.model;
    TRY(keep_in_history(world.paths, standing.model, standing.good));
  }
  while (standing.failed.size() > kMostGenerations) standing.failed.erase(standing.failed.begin());
  standing.model = intent.generation;
  standing.since_ns = realtime_ns();
  return {};
}

}  // namespace

// What the request makes of the intent: the file's services, and which of them are wanted running.
Result<Intent> Reconciler::intent_of(const json& request) const {
  Intent intent;
  intent.spec = TRY(from_wire(request.at("spec").get<std::string>()));
  if (intent.spec.name != world_.project) return fault("the file is of stack \"" + intent.spec.name + "\"");
  if (world_.intent) keep_inactive(world_.intent->spec, intent.spec);
  const std::set<std::string> chosen = chosen_of(intent.spec, request);
  const bool no_start = request.value("no_start", false);
  for (const auto& [name, service] : intent.spec.services) {
    const bool ran = world_.intent && world_.intent->spec.services.contains(name) &&
                     !world_.intent->stopped.contains(name);
    const bool is_chosen = chosen.contains(name);
    if (is_chosen && !no_start) continue;
    const bool goes_on =
        ran && (!is_chosen || is_current(world_.intent->spec.services.at(name), service, request));
    if (!goes_on) intent.stopped.insert(name);
  }
  if (world_.intent) {
    intent.generation = world_.intent->generation;
    intent.standing = world_.intent->standing;
    intent.standing.back_to = 0;
    intent.book = world_.intent->book;
  }
  return intent;
}

// The desired state of an intent with its one-offs, whose address book is brought up to date.
Result<Desired> Reconciler::desire(const Whole& whole, Intent& intent) {
  AddressBook book = intent.book;
  lend_addresses(world_.records, book);
  ResolveInput input;
  input.spec = &whole.spec;
  input.stopped = &whole.stopped;
  input.ipv6 = net::has_ipv6();
  std::set<std::string> groups;
  for (const auto& [service, group] : sharing_groups(whole.spec)) groups.insert(group);
  for (const auto& [group, slot] : TRY(claim_ids(world_.project, groups))) input.ids[group] = slot.range();
  const NetworkClaims claims = TRY(NetworkClaims::lock());
  input.taken = TRY(claims.taken(world_));
  Desired desired = TRY(resolve(input, book));
  TRY(claims.claim(world_, book));
  take_addresses(book, world_.records);
  desired.rolled_back = intent.standing.back_to != 0;
  intent.book = std::move(book);
  world_.ids = std::move(input.ids);
  return desired;
}

// Running services whose health check is another one from now on.
std::vector<std::string> Reconciler::changed_checks(const StackSpec& next) const {
  std::vector<std::string> changed;
  if (!world_.intent) return changed;
  for (const auto& [name, service] : world_.intent->spec.services) {
    const auto record = world_.records.find(name);
    const auto now = next.services.find(name);
    if (record == world_.records.end() || now == next.services.end()) continue;
    if (record->second.state == ContainerState::running && service.healthcheck != now->second.healthcheck)
      changed.push_back(name);
  }
  return changed;
}

// What of a running container is the reconciler's alone.
void Reconciler::take_over_settings() {
  for (auto& [name, record] : world_.records) {
    const auto want = world_.desired.containers.find(name);
    if (want == world_.desired.containers.end()) continue;
    record.stop_signal = stop_signal_of(*want->second.spec);
    record.grace = want->second.spec->stop_grace_period;
  }
}

// On the disk, and where it has another model than the one before, that one in the history.
Result<void> Reconciler::keep(Intent& intent, const std::string& wire) {
  ++intent.generation;
  // Not where it is the one that the last reconciler had.
  const bool restored = !world_.intent && intent.standing.model != 0;
  if (!restored && !has_the_same_model(world_, wire)) TRY(begin_model(world_, observed(), intent));
  return world_.state.keep(intent, wire);
}

// From here on the stack is what `intent` says. Nothing has changed when it fails.
Result<void> Reconciler::accept(Intent intent) {
  const StackSpec* before = world_.intent ? &world_.intent->spec : nullptr;
  TRY(choose_free_ports(intent.spec, before));
  const Whole whole = with_one_offs(intent.spec, intent.stopped, world_.records);
  std::vector<std::string> faults = port_conflicts(whole);
  if (faults.empty()) faults = reserve_ports(world_, whole.spec);
  if (!faults.empty()) return fault(joined(faults, "\n"));
  Desired desired = TRY(desire(whole, intent));
  std::string wire = to_wire(intent.spec);
  if (!is_the_same(world_, intent, wire)) TRY(keep(intent, wire));
  for (const auto& [name, record] : world_.records)
    if (record.one_off) TRY(world_.state.keep(record));
  drop_plan();
  const std::vector<std::string> rechecked = changed_checks(intent.spec);
  world_.desired = std::move(desired);
  world_.intent = std::move(intent);
  world_.intent_wire = std::move(wire);
  take_over_settings();
  for (const std::string& service : rechecked) health_.changed(service);
  TRY(release_ports(world_, whole.spec));
  for (const auto& [owner, sandbox] : world_.sandboxes)
    if (world_.desired.sandboxes.contains(owner)) world_.dns.set_view(owner, dns_view(world_.desired, owner));
  wake();
  return {};
}

Result<void> Reconciler::verb_up(const SessionPtr& session, const json& request) {
  if (down_) return fault("stack \"" + world_.project + "\" is going down");
  Intent intent = TRY(intent_of(request));
  const std::vector<std::string> faults = infeasible(world_, intent.spec);
  if (!faults.empty()) return fault(joined(faults, "\n"));
  TRY(look_at_all());
  const std::set<std::string> services = chosen_of(intent.spec, request);
  if (request.value("remove_orphans", false)) drop_ended_one_offs();
  // Before the intent: a service must not start with the new file and the old content.
  auto contents = request.value("contents", std::map<std::string, std::string>{});
  for (const auto& [name, service] : intent.spec.services)
    if (is_left_alone(intent.spec, name)) TRY(add_kept_contents(world_.paths, service, contents));
  TRY(keep_contents(world_.paths, contents));
  TRY(accept(std::move(intent)));
  if (const auto grace = timeout_of(request))
    for (auto& [service, record] : world_.records) record.grace = *grace;
  const bool anew = request.value("force_recreate", false);
  if (request.value("no_start", false)) {
    if (anew) revive(services, Revive::anew);
    std::set<std::string> made;
    for (const std::string& service : services)
      if (world_.intent->stopped.contains(service)) made.insert(service);
    wait_for(session, Goal::stopped, made);
    return {};
  }
  revive(services, anew ? Revive::anew : Revive::unfinished);
  wait_for(session, Goal::up, services, request.value("wait", false));
  return {};
}

// Those that ended are started again, at once and with a clean slate; work that was done well is not done
// twice.
void Reconciler::revive(const std::set<std::string>& services, Revive how) {
  for (const std::string& service : services) {
    const auto it = world_.records.find(service);
    if (it == world_.records.end()) continue;
    ContainerRecord& record = it->second;
    record.update_fault.clear();
    if (how == Revive::anew) {
      record.hash = "forced";
      record.keys["--force-recreate"] = "";
    }
    if (record.state == ContainerState::running && !record.hook_fault.empty()) {
      record.hook_fault.clear();
      hooks_.post_start(service);  // from the one on that failed
    }
    if (record.state != ContainerState::exited) continue;
    const bool done = record.exit && record.exit->known && record.exit->code == 0 && !record.stop_asked;
    if (done && how == Revive::unfinished) continue;
    record.restarting = true;
    record.next_start_ns = 0;
    record.failures = 0;
    if (record.started_ns == 0)
      record.started_ns = record.created_ns;  // judged by the try to come, not by the last
  }
  wake();
}

Result<void> Reconciler::verb_plan(const SessionPtr& session, const json& request) {
  Intent intent = TRY(intent_of(request));
  const std::vector<std::string> faults = infeasible(world_, intent.spec);
  if (!faults.empty()) return fault(joined(faults, "\n"));
  keep_chosen_ports(intent.spec, world_.intent ? &world_.intent->spec : nullptr);
  TRY(look_at_all());
  const Whole whole = with_one_offs(intent.spec, intent.stopped, world_.records);
  lend_addresses(world_.records, intent.book);
  ResolveInput input;
  input.spec = &whole.spec;
  input.stopped = &whole.stopped;
  input.ipv6 = net::has_ipv6();
  input.ids = world_.ids;
  const Desired desired = TRY(resolve(input, intent.book));
  json steps = json::array();
  for (const Step& step : make_plan(desired, observed())) {
    const StepText what = describe(step.action);
    steps.push_back({{"action", what.action},
                     {"object", what.kind + " " + what.object},
                     {"reason", step.reason},
                     {"waits", step.waits}});
  }
  session->answer(0, {{"steps", steps}});
  return {};
}

}  // namespace stack
