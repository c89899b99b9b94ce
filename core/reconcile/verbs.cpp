// What a client may ask for; see core/control/protocol.h.
#include <nlohmann/json.hpp>

#include "core/plan/dependencies.h"
#include "core/reconcile/reconciler.h"
#include "core/reconcile/status.h"
#include "core/sys/files.h"
#include "core/sys/signals.h"
#include "specs/canonical.h"
#include "specs/one_off.h"
#include "specs/replicas.h"

namespace stack {

using nlohmann::json;

std::optional<Nanoseconds> Reconciler::timeout_of(const json& request) {
  const auto it = request.find("timeout");
  if (it == request.end() || !it->is_number()) return std::nullopt;
  return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(it->get<double>()));
}

void Reconciler::handle(const SessionPtr& session, const json& request, const std::vector<UniqueFd>& fds) {
  try {
    const Result<void> begun = begin_verb(session, request, fds);
    if (!begun) session->result(1, begun.error().words);
  } catch (const std::exception& e) {
    session->result(1, std::string("the request is malformed: ") + e.what());
  }
}

Result<void> Reconciler::begin_verb(const SessionPtr& session, const json& request,
                                    const std::vector<UniqueFd>& fds) {
  const std::string verb = request.value("verb", "");
  if (verb == "ps")
    session->answer(0, stack_status(world_));
  else if (verb == "exec")
    execs_.begin(session, request, fds);
  else if (verb == "wait" && request.contains("run"))
    runs_.attach(session, request.value("run", ""));
  else if (verb == "wait")
    execs_.wait(session, request.value("exec", ""));
  else if (verb == "run")
    return verb_run(session, request, fds);
  else if (verb == "attach")
    return verb_attach(session, request);
  else if (verb == "signal")
    return verb_signal(request);
  else if (verb == "watch")
    session->watches = true;
  else if (verb == "events")
    return verb_events(session, request);
  else if (verb == "history")
    return verb_history(session);
  else
    return begin_change(verb, session, request);
  return {};
}

// Whoever asks for a change is shown how it goes.
Result<void> Reconciler::begin_change(const std::string& verb, const SessionPtr& session,
                                      const json& request) {
  session->wants_progress = true;
  if (verb == "up") return verb_up(session, request);
  if (verb == "plan") return verb_plan(session, request);
  if (verb == "rollback") return verb_rollback(session, request);
  if (verb == "down") return verb_down(session, request);
  if (verb == "stop") return verb_stop(session, request);
  if (verb == "start") return verb_start(session, request);
  if (verb == "restart") return verb_restart(session, request);
  if (verb == "kill") return verb_kill(session, request);
  if (verb == "rm") return verb_rm(session, request);
  if (verb == "pause") return verb_pause(session, request);
  if (verb == "unpause") return verb_unpause(session, request);
  return fault("unknown verb \"" + verb + "\"");
}

Result<std::set<std::string>> Reconciler::services_of(const json& request) const {
  std::set<std::string> services;
  for (const std::string& name : request.value("services", std::vector<std::string>{})) {
    bool known = false;
    for (const auto& [service, container] : world_.desired.containers) {
      if (container.once || !is_named(service, name)) continue;
      services.insert(service);
      known = true;
    }
    if (!known) return fault("no such service: " + name);
  }
  if (services.empty())
    for (const auto& [name, container] : world_.desired.containers)
      if (!container.once) services.insert(name);
  return services;
}

void Reconciler::wait_for(const SessionPtr& session, Goal goal, std::set<std::string> services,
                          bool healthy) {
  std::set<std::string> leaving;
  if (goal == Goal::up)
    for (const auto& [service, record] : world_.records)
      if (!world_.desired.containers.contains(service)) leaving.insert(service);
  waiters_.push_back({session, goal, std::move(services), healthy, std::move(leaving)});
  wake();
}

// What stays for the next `up` is to be started by that, and not by whatever else brings up a reconciler.
Result<void> Reconciler::verb_down(const SessionPtr&, const json& request) {
  const bool keep_files = request.value("keep_files", false);
  if (keep_files && world_.intent) {
    Intent& intent = *world_.intent;
    for (const auto& [name, service] : intent.spec.services) intent.stopped.insert(name);
    ++intent.generation;
    TRY(world_.state.keep(intent, to_wire(intent.spec)));
  }
  begin_down(keep_files, timeout_of(request));
  return {};
}

Result<void> Reconciler::verb_stop(const SessionPtr& session, const json& request) {
  const std::set<std::string> services = TRY(services_of(request));
  if (!world_.intent) return fault("the stack has no file yet");
  Intent intent = *world_.intent;
  intent.stopped.insert(services.begin(), services.end());
  TRY(accept(std::move(intent)));
  const auto grace = timeout_of(request);
  for (const std::string& service : services) {
    const auto record = world_.records.find(service);
    if (record == world_.records.end()) continue;
    if (grace) record->second.grace = *grace;
    if (record->second.state == ContainerState::exited) record->second.restarting = false;
  }
  wait_for(session, Goal::stopped, services);
  return {};
}

Result<void> Reconciler::verb_start(const SessionPtr& session, const json& request) {
  const std::set<std::string> services = TRY(services_of(request));
  if (!world_.intent) return fault("the stack has no file yet");
  Intent intent = *world_.intent;
  for (const std::string& service : services) intent.stopped.erase(service);
  TRY(accept(std::move(intent)));
  revive(services, Revive::all);
  wait_for(session, Goal::up, services);
  return {};
}

Result<void> Reconciler::verb_restart(const SessionPtr& session, const json& request) {
  std::set<std::string> services = TRY(services_of(request));
  for (const auto& [name, container] : world_.desired.containers)
    for (const auto& [on, dependency] : container.spec->depends_on)
      if (dependency.restart && services.contains(on)) services.insert(name);
  for (const std::string& service : services) {
    const auto record = world_.records.find(service);
    if (record == world_.records.end()) continue;
    if (record->second.state == ContainerState::running || record->second.state == ContainerState::starting)
      TRY(containers_.stop(service, /*again=*/true, timeout_of(request)));
  }
  return verb_start(session, {{"services", services}});
}

Result<void> Reconciler::verb_kill(const SessionPtr& session, const json& request) {
  const std::set<std::string> services = TRY(services_of(request));
  const std::string name = request.value("signal", "SIGKILL");
  const auto number = signal_number(name);
  if (!number) return fault("no such signal: " + name);
  const bool fatal = *number == SIGKILL;
  std::set<std::string> running;
  // One-offs of the services too, as Compose does; whatever else is done to services leaves them alone.
  for (const auto& [name, process] : world_.processes)
    if (services.contains(service_behind(name))) running.insert(name);
  if (fatal && world_.intent) {
    // As elsewhere: what was killed by hand stays down until it is started by hand.
    Intent intent = *world_.intent;
    intent.stopped.insert(services.begin(), services.end());
    for (const std::string& service : running) {
      world_.records.at(service).stop_asked = true;
      world_.records.at(service).state = ContainerState::stopping;
    }
    TRY(accept(std::move(intent)));
  }
  for (const std::string& service : running)
    TRY(fatal ? containers_.kill(service) : containers_.signal(service, *number));
  if (fatal)
    wait_for(session, Goal::stopped, services);
  else
    session->result(0);
  return {};
}

// Those that ended, with their logs; not to be made again before somebody asks for them. The planner takes
// them away, and tries again where the kernel is not done with their cgroup yet.
Result<void> Reconciler::verb_rm(const SessionPtr& session, const json& request) {
  const std::set<std::string> services = TRY(services_of(request));
  if (!world_.intent) return fault("the stack has no file yet");
  std::set<std::string> ended;
  for (const std::string& service : services) {
    const auto record = world_.records.find(service);
    if (record == world_.records.end() || has_process(record->second.state)) continue;
    if (record->second.state != ContainerState::absent) ended.insert(service);
  }
  Intent intent = *world_.intent;
  intent.stopped.insert(ended.begin(), ended.end());
  TRY(accept(std::move(intent)));
  for (const std::string& service : ended) {
    ContainerRecord& record = world_.records.at(service);
    record.hash = kRemovedByHand;
    record.keys["stack rm"] = "";
    record.restarting = false;
    TRY(world_.state.keep(record));
    TRY(remove_tree(world_.paths.log_dir(service)));
  }
  wait_for(session, Goal::removed, ended);
  return {};
}

// What does not run is left alone unless it is named.
Result<std::set<std::string>> Reconciler::named_or_running(const json& request) const {
  std::set<std::string> services = TRY(services_of(request));
  if (!request.value("services", std::vector<std::string>{}).empty()) return services;
  std::erase_if(services, [this](const std::string& service) {
    const auto record = world_.records.find(service);
    return record == world_.records.end() || record->second.state != ContainerState::running;
  });
  return services;
}

Result<void> Reconciler::verb_pause(const SessionPtr& session, const json& request) {
  for (const std::string& service : TRY(named_or_running(request))) TRY(containers_.pause(service));
  session->result(0);
  return {};
}

Result<void> Reconciler::verb_unpause(const SessionPtr& session, const json& request) {
  for (const std::string& service : TRY(named_or_running(request))) {
    TRY(containers_.unpause(service));
    drift_.hear_stop(service);  // what came while it was held was left alone
  }
  session->result(0);
  return {};
}

}  // namespace stack
