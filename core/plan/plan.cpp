#include "core/plan/plan.h"

#include <algorithm>

#include "core/plan/dependencies.h"
#include "core/plan/updates.h"
#include "specs/replicas.h"
#include "specs/text.h"

namespace stack {
namespace {

// The last part of a path: causes name the file as the user does.
std::string base_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

std::string place_of(const ServiceSpec& spec, const std::string& key) {
  const auto it = spec.positions.find(key);
  if (it == spec.positions.end() || it->second.line == 0) return "";
  return " (" + base_name(it->second.file) + ":" + std::to_string(it->second.line) + ")";
}

std::string why_recreate(const DesiredContainer& wanted, const ObservedContainer& container) {
  std::vector<std::string> changed;
  std::set<std::string> keys;
  for (const auto& [key, hash] : wanted.keys) keys.insert(key);
  for (const auto& [key, hash] : container.keys) keys.insert(key);
  for (const std::string& key : keys) {
    const auto now = wanted.keys.find(key);
    const auto then = container.keys.find(key);
    if (now != wanted.keys.end() && then != container.keys.end() && now->second == then->second) continue;
    changed.push_back(key + " changed" + place_of(*wanted.spec, key));
  }
  return changed.empty() ? "its namespaces are made anew" : joined(changed, ", ");
}

const char* why_unwanted(const std::string& name, const ObservedContainer& container) {
  if (container.once) return "its run is over";
  return is_replica(name) ? "its service is to have fewer containers" : "not in the file";
}

class Planner {
 public:
  Planner(const Desired& desired, const Observed& observed) : desired_(desired), observed_(observed) {}

  Plan make() {
    plan_mending(MountFolder{});
    plan_files();
    plan_stops();
    plan_sandbox_removals();
    plan_detaches();
    plan_network_removals();
    plan_networks();
    plan_firewall();
    plan_sandboxes();
    plan_starts();
    if (desired_.firewall_hash.empty() && !observed_.firewall_hash.empty()) plan_firewall_removal();
    return std::move(plan_);
  }

 private:
  void add(Action action, std::string reason, std::vector<std::string> waits = {}) {
    plan_.push_back({std::move(action), std::move(reason), std::move(waits), 0, ""});
  }

  // Why `action` is to mend what was made once; "" where that is as it was.
  [[nodiscard]] std::string drift_of(const Action& action) const {
    if (observed_.drift.empty()) return "";
    const auto drift = observed_.drift.find(object_of(action));
    return drift == observed_.drift.end() ? "" : drift->second;
  }

  void plan_files() {
    const std::string kind = object_of(RewriteFile{});  // with the blank before the name
    for (const auto& [object, drift] : observed_.drift)
      if (object.starts_with(kind)) add(RewriteFile{object.substr(kind.size())}, drift);
  }

  void plan_mending(const Action& action) {
    const std::string drift = drift_of(action);
    if (!drift.empty()) add(action, drift);
  }

  [[nodiscard]] const DesiredContainer* wanted(const std::string& service) const {
    const auto it = desired_.containers.find(service);
    return it == desired_.containers.end() ? nullptr : &it->second;
  }

  [[nodiscard]] bool to_be_stopped(const std::string& service) const {
    const DesiredContainer* container = wanted(service);
    return container == nullptr || !container->wanted_running;
  }

  // A service ends before what it depends on: the reverse of the order of starting.
  [[nodiscard]] std::vector<std::string> dependents_of(const std::string& service) const {
    std::vector<std::string> waits;
    for (const auto& [name, container] : observed_.containers)
      if (has_process(container.state) && container.depends_on.contains(service) && to_be_stopped(name))
        waits.push_back(name + " to stop");
    return waits;
  }

  void plan_stops() {
    for (const auto& [service, container] : observed_.containers) {
      const DesiredContainer* want = wanted(service);
      if (has_process(container.state)) {
        if (container.state != ContainerState::stopping) plan_stop(service, container, want);
      } else if (want == nullptr) {
        // Also one that was to be made anew and never was: its record holds its id.
        add(RemoveContainer{service}, why_unwanted(service, container));
      } else if (container.state != ContainerState::absent && made_otherwise(*want, container)) {
        make_anew(RemoveContainer{service}, service, *want, container);
      }
    }
  }

  void plan_stop(const std::string& service, const ObservedContainer& container,
                 const DesiredContainer* want) {
    if (want == nullptr) {
      add(StopContainer{service}, why_unwanted(service, container), dependents_of(service));
    } else if (!want->wanted_running) {
      add(StopContainer{service}, want->once ? "its client is gone" : "asked to stop",
          dependents_of(service));
    } else if (made_otherwise(*want, container)) {
      make_anew(StopContainer{service, true}, service, *want, container);
    }
  }

  void make_anew(Action action, const std::string& service, const DesiredContainer& want,
                 const ObservedContainer& container) {
    UpdateTurn turn = turn_of(desired_, observed_, service);
    plan_.push_back({std::move(action), why_recreate(want, container), std::move(turn.waits),
                     turn.not_before_ns, std::move(turn.impossible)});
  }

  // Who still lives in the sandbox of `owner`.
  [[nodiscard]] std::vector<std::string> inhabitants(const std::string& owner) const {
    std::vector<std::string> waits;
    for (const auto& [service, container] : observed_.containers)
      if (has_process(container.state) && container.sandboxes.contains(owner))
        waits.push_back(service + " to stop");
    return waits;
  }

  void plan_sandbox_removals() {
    for (const auto& [owner, sandbox] : observed_.sandboxes) {
      const auto want = desired_.sandboxes.find(owner);
      if (want != desired_.sandboxes.end() && want->second.hash == sandbox.hash) continue;
      const bool gone = want == desired_.sandboxes.end();
      const auto waits = inhabitants(owner);
      if (!waits.empty()) blocked_sandboxes_.insert(owner);
      add(RemoveSandbox{owner}, gone ? "not in the file" : "its settings changed", waits);
    }
  }

  void plan_network_removals() {
    for (const auto& [network, hash] : observed_.networks) {
      const auto want = desired_.networks.find(network);
      if (want != desired_.networks.end() && want->second.hash == hash) continue;
      const bool gone = want == desired_.networks.end();
      if (!gone && is_bridge_of(network, want->second)) continue;  // which is set up anew as it stands
      const auto waits = attached_to(network);
      if (!waits.empty()) blocked_networks_.insert(network);
      removed_networks_.insert(network);
      add(RemoveNetwork{network}, gone ? "not in the file" : "its bridge has another name", waits);
    }
  }

  [[nodiscard]] bool is_bridge_of(const std::string& network, const DesiredNetwork& want) const {
    const auto bridge = observed_.bridges.find(network);
    return bridge != observed_.bridges.end() && bridge->second == want.bridge;
  }

  // Sandboxes that hold on to `network` because somebody still lives in them.
  [[nodiscard]] std::vector<std::string> attached_to(const std::string& network) const {
    std::vector<std::string> waits;
    for (const auto& [owner, sandbox] : observed_.sandboxes)
      if (sandbox.networks.contains(network) && blocked_sandboxes_.contains(owner))
        waits.push_back("namespaces of " + owner + " to be removed");
    return waits;
  }

  void plan_networks() {
    for (const auto& [network, want] : desired_.networks) {
      const std::string why = why_create(network, want);
      if (why.empty()) continue;
      std::vector<std::string> waits;
      if (blocked_networks_.contains(network)) waits.push_back("the old one to be removed");
      add(CreateNetwork{network}, why, waits);
    }
  }

  [[nodiscard]] std::string why_create(const std::string& network, const DesiredNetwork& want) const {
    const auto it = observed_.networks.find(network);
    if (it == observed_.networks.end()) return "not there";
    return it->second == want.hash ? drift_of(CreateNetwork{network}) : "its settings changed";
  }

  void plan_sandboxes() {
    for (const auto& [owner, want] : desired_.sandboxes) {
      const auto it = observed_.sandboxes.find(owner);
      if (const ObservedSandbox* sandbox = kept(owner, want)) {
        plan_mending(PinSandbox{owner});
        plan_mending(OpenResolver{owner});
        plan_endpoints(owner, want, *sandbox);
        continue;
      }
      std::vector<std::string> waits;
      if (blocked_sandboxes_.contains(owner)) waits.push_back("the old ones to be removed");
      for (const auto& [network, endpoint] : want.endpoints)
        if (blocked_networks_.contains(network)) waits.push_back("network " + network + " to be made anew");
      if (!waits.empty()) blocked_sandboxes_.insert(owner);
      add(CreateSandbox{owner}, it == observed_.sandboxes.end() ? "not there" : "its settings changed",
          waits);
    }
  }

  // Sandboxes that stay as they are, but for their endpoints.
  [[nodiscard]] const ObservedSandbox* kept(const std::string& owner, const DesiredSandbox& want) const {
    const auto it = observed_.sandboxes.find(owner);
    return it != observed_.sandboxes.end() && it->second.hash == want.hash ? &it->second : nullptr;
  }

  // Interfaces that must go all go before the first comes: one may want the name or the address of another.
  void plan_detaches() {
    for (const auto& [owner, want] : desired_.sandboxes) {
      const ObservedSandbox* sandbox = kept(owner, want);
      if (sandbox == nullptr) continue;
      for (const auto& [network, mark] : sandbox->networks) {
        const std::string why = why_detach(want, network, mark);
        if (why.empty()) continue;
        detached_[{owner, network}] = why;
        add(DetachEndpoint{owner, network}, why);
      }
    }
  }

  void plan_endpoints(const std::string& owner, const DesiredSandbox& want, const ObservedSandbox& sandbox) {
    for (const std::string& network : want.attach_order()) {
      const std::string why = why_attach(owner, network, want.endpoints.at(network), sandbox);
      if (why.empty()) continue;
      std::vector<std::string> waits;
      if (blocked_networks_.contains(network)) waits.push_back("network " + network + " to be made anew");
      add(AttachEndpoint{owner, network}, why, waits);
    }
  }

  [[nodiscard]] std::string why_attach(const std::string& owner, const std::string& network,
                                       const DesiredEndpoint& endpoint,
                                       const ObservedSandbox& sandbox) const {
    const auto detached = detached_.find({owner, network});
    if (detached != detached_.end()) return detached->second;
    const auto mark = sandbox.networks.find(network);
    if (mark == sandbox.networks.end() || removed_networks_.contains(network)) return "not attached";
    const std::string why = why_tune(endpoint, mark->second);
    return why.empty() ? drift_of(AttachEndpoint{owner, network}) : why;
  }

  static std::string why_detach(const DesiredSandbox& want, const std::string& network,
                                const EndpointMark& mark) {
    const auto it = want.endpoints.find(network);
    if (it == want.endpoints.end()) return "not in the file";
    if (it->second.identity() != mark.identity) {
      const std::string address = it->second.veth + " " + it->second.ipv4 + " " + it->second.ipv6 + " ";
      return mark.identity.starts_with(address) ? "its interface changed" : "its address changed";
    }
    for (const auto& [other, endpoint] : want.endpoints)
      if (other != network && !mark.ifname.empty() && endpoint.interface_name == mark.ifname)
        return "network " + other + " is to have the name " + mark.ifname;
    return "";
  }

  static std::string why_tune(const DesiredEndpoint& endpoint, const EndpointMark& mark) {
    const std::string tuning = endpoint.tuning();
    if (tuning == mark.tuning) return "";
    const auto rate = [](const std::string& text) { return text.substr(0, text.find(' ')); };
    return rate(tuning) == rate(mark.tuning) ? "its way out, MTU or isolation changed" : "bandwidth changed";
  }

  void plan_firewall() {
    if (desired_.firewall_hash.empty()) return;
    if (desired_.firewall_hash != observed_.firewall_hash)
      return add(ApplyFirewall{}, observed_.firewall_hash.empty() ? "not there" : "its rules changed");
    plan_mending(ApplyFirewall{});
  }

  // Last of all: the rules that isolate a network outlive the network.
  void plan_firewall_removal() {
    std::vector<std::string> waits;
    for (const auto& [network, hash] : observed_.networks)
      if (blocked_networks_.contains(network)) waits.push_back("network " + network + " to be removed");
    add(RemoveFirewall{}, "no network is left", waits);
  }

  void plan_starts() {
    for (const std::string& service : start_order(desired_)) {
      const DesiredContainer& want = desired_.containers.at(service);
      const auto it = observed_.containers.find(service);
      const ObservedContainer container = it == observed_.containers.end() ? ObservedContainer{} : it->second;
      if (!want.wanted_running) continue;
      plan_start(service, want, container);
    }
  }

  void plan_start(const std::string& service, const DesiredContainer& want,
                  const ObservedContainer& container) {
    if (want.once && has_begun(container.state)) return;
    const bool current = want.hash == container.hash;
    switch (container.state) {
      case ContainerState::starting:
        return plan_mending(ContinueContainer{service});
      case ContainerState::running:
        if (!current) return start(service, want, container, "to be made anew", {"its old process to end"});
        plan_mending(ContinueContainer{service});
        plan_mending(ReopenLog{service});
        return plan_limits(service, want, container);
      case ContainerState::stopping:
        return start(service, want, container, "to be started again", {"its old process to end"});
      case ContainerState::exited:
        if (!current) return start(service, want, container, "to be made anew", {});
        if (container.restarting) return start(service, want, container, restart_reason(container), {});
        return;  // ended for good
      case ContainerState::absent:
      case ContainerState::created:
        return start(service, want, container, "not there", {});
    }
  }

  void plan_limits(const std::string& service, const DesiredContainer& want,
                   const ObservedContainer& container) {
    if (want.resources_hash != container.resources_hash)
      return add(UpdateResources{service}, "limits changed");
    plan_mending(UpdateResources{service});
  }

  static std::string restart_reason(const ObservedContainer& container) {
    if (!container.exit) return "to be started again";
    if (!container.exit->known) return "ended, exit code unknown";
    if (container.exit->oom) return "ended: out of memory";
    if (container.exit->signal != 0) return "ended by signal " + std::to_string(container.exit->signal);
    return "exited with code " + std::to_string(container.exit->code);
  }

  void start(const std::string& service, const DesiredContainer& want, const ObservedContainer& container,
             const std::string& reason, std::vector<std::string> waits) {
    DependencyVerdict verdict = dependencies_of(desired_, observed_, service);
    if (has_begun(container.state) && made_otherwise(want, container))
      await_turn(service, waits, verdict.impossible);
    waits.insert(waits.end(), verdict.waits.begin(), verdict.waits.end());
    for (const std::string& owner : {want.net_owner, want.ipc_owner, want.uts_owner})
      if (blocked_sandboxes_.contains(owner)) waits.push_back("namespaces of " + owner + " to be made anew");
    if (!want.pid_owner.empty()) await_pid_owner(want.pid_owner, waits, verdict.impossible);
    const bool again = want.hash == container.hash;
    plan_.push_back({StartContainer{service}, reason, std::move(waits), again ? container.next_start_ns : 0,
                     std::move(verdict.impossible)});
  }

  // What exactly it waits for is said of the step that ends it.
  void await_turn(const std::string& service, std::vector<std::string>& waits,
                  std::string& impossible) const {
    UpdateTurn turn = turn_of(desired_, observed_, service);
    if (!turn.waits.empty() || turn.not_before_ns != 0) waits = {"its turn in the update"};
    if (!turn.impossible.empty()) impossible = std::move(turn.impossible);
  }

  // A pid namespace ends with its first process: there is nothing to join before that one runs, or after.
  void await_pid_owner(const std::string& owner, std::vector<std::string>& waits,
                       std::string& impossible) const {
    const auto it = observed_.containers.find(owner);
    if (it != observed_.containers.end() && it->second.state == ContainerState::running) return;
    waits.push_back(owner + " to run");
    const bool ended = it != observed_.containers.end() && it->second.state == ContainerState::exited;
    if (ended && (!it->second.restarting || to_be_stopped(owner)) && impossible.empty())
      impossible = owner + ", whose pid namespace it shares, has ended";
    const bool alive_yet = it != observed_.containers.end() && has_process(it->second.state);
    if (!ended && !alive_yet && to_be_stopped(owner) && impossible.empty())
      impossible = owner + ", whose pid namespace it shares, does not run";
  }

  const Desired& desired_;
  const Observed& observed_;
  std::set<std::string> blocked_sandboxes_, blocked_networks_, removed_networks_;
  std::map<std::pair<std::string, std::string>, std::string> detached_;  // owner and network -> why
  Plan plan_;
};

}  // namespace

Plan make_plan(const Desired& desired, const Observed& observed) {
  return Planner(desired, observed).make();
}

}  // namespace stack
