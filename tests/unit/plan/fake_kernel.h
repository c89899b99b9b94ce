// A kernel made of maps: applies the steps of a plan that wait for nothing, so that tests can ask what the
// next plan is.
#pragma once

#include "core/plan/plan.h"

namespace stack::test {

class FakeKernel {
 public:
  explicit FakeKernel(const Desired& desired) : desired_(&desired) {}
  void want(const Desired& desired) { desired_ = &desired; }

  // One pass: every step that is due. `fail_at` counts steps; the one with that number and all after it are
  // not done.
  bool apply(const Plan& plan, int fail_at = -1) {
    bool did = false;
    int number = 0;
    for (const Step& step : plan) {
      if (number++ == fail_at) return did;
      if (!step.waits.empty() || !step.impossible.empty() || step.not_before_ns > 0) continue;
      std::visit(*this, step.action);
      observed.drift.erase(object_of(step.action));
      did = true;
    }
    return did;
  }
  // Passes until there is nothing to do; false where that does not come about.
  bool converge() {
    for (int pass = 0; pass < 50; ++pass) {
      const Plan plan = make_plan(*desired_, observed);
      if (plan.empty()) return true;
      apply(plan);
      settle();
    }
    return false;
  }
  // What happens by itself: started becomes running, stopped becomes exited.
  void settle() {
    for (auto& [name, container] : observed.containers) {
      if (container.state == ContainerState::starting) container.state = ContainerState::running;
      if (container.state == ContainerState::stopping) exit(name, 0);
    }
  }
  void exit(const std::string& service, int code) {
    ObservedContainer& container = observed.containers.at(service);
    container.state = ContainerState::exited;
    container.exit = ExitRecord{true, code, 0, false};
    container.restarting = desired_->containers.contains(service) &&
                           desired_->containers.at(service).spec->restart.kind == RestartPolicy::Kind::always;
  }

  static std::string name_of(const DesiredEndpoint& endpoint) {
    return endpoint.interface_name.empty() ? "eth0" : endpoint.interface_name;
  }

  void operator()(const CreateNetwork& a) {
    observed.networks[a.network] = desired_->networks.at(a.network).hash;
    observed.bridges[a.network] = desired_->networks.at(a.network).bridge;
  }
  void operator()(const RemoveNetwork& a) {
    observed.networks.erase(a.network);
    observed.bridges.erase(a.network);
    for (auto& [owner, sandbox] : observed.sandboxes) sandbox.networks.erase(a.network);
  }
  void operator()(const CreateSandbox& a) {
    const DesiredSandbox& want = desired_->sandboxes.at(a.owner);
    ObservedSandbox& made = observed.sandboxes[a.owner] = {want.hash, {}};
    for (const auto& [network, endpoint] : want.endpoints) {
      made.networks[network] = {endpoint.identity(), endpoint.tuning(), name_of(endpoint)};
    }
  }
  void operator()(const RemoveSandbox& a) { observed.sandboxes.erase(a.owner); }
  void operator()(const AttachEndpoint& a) {
    const DesiredEndpoint& endpoint = desired_->sandboxes.at(a.owner).endpoints.at(a.network);
    observed.sandboxes.at(a.owner).networks[a.network] = {endpoint.identity(), endpoint.tuning(),
                                                          name_of(endpoint)};
  }
  void operator()(const DetachEndpoint& a) { observed.sandboxes.at(a.owner).networks.erase(a.network); }
  // What had drifted no longer does.
  void operator()(const ContinueContainer&) {}
  void operator()(const PinSandbox&) {}
  void operator()(const OpenResolver&) {}
  void operator()(const RewriteFile&) {}
  void operator()(const ReopenLog&) {}
  void operator()(const MountFolder&) {}
  void operator()(const ApplyFirewall&) { observed.firewall_hash = desired_->firewall_hash; }
  void operator()(const RemoveFirewall&) { observed.firewall_hash.clear(); }
  void operator()(const StartContainer& a) {
    const DesiredContainer& want = desired_->containers.at(a.service);
    ObservedContainer& container = observed.containers[a.service];
    container = {};
    container.state = ContainerState::starting;
    container.hash = want.hash;
    container.keys = want.keys;
    container.resources_hash = want.resources_hash;
    for (const std::string& owner : {want.net_owner, want.ipc_owner, want.uts_owner}) {
      if (!owner.empty()) container.sandboxes.insert(owner);
    }
    for (const auto& [name, dependency] : want.spec->depends_on) container.depends_on.insert(name);
    if (want.spec->healthcheck) container.health = Health::starting;
  }
  void operator()(const StopContainer& a) {
    observed.containers.at(a.service).state = ContainerState::stopping;
  }
  void operator()(const RemoveContainer& a) { observed.containers.erase(a.service); }
  void operator()(const UpdateResources& a) {
    observed.containers.at(a.service).resources_hash = desired_->containers.at(a.service).resources_hash;
  }

  Observed observed;

 private:
  const Desired* desired_;
};

}  // namespace stack::test
