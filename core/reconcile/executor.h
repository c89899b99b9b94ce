// Carries out the planner's steps on networks, namespaces and the firewall. It decides nothing: each action
// brings one object to what `desired` says, whatever was there before.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "core/engine/sandbox_maker.h"
#include "core/plan/plan.h"
#include "core/reconcile/containers.h"
#include "core/reconcile/world.h"
#include "net/firewall.h"
#include "specs/result.h"

namespace stack {

class Executor {
 public:
  Executor(World& world, Containers& containers) : world_(world), containers_(containers) {}

  // Makes it so, or begins to: namespaces and the firewall are made by processes of their own meanwhile.
  Result<void> run(const Action& action);
  // Whether settle() is to come before `action`: what it stands on may still be in the making.
  [[nodiscard]] bool must_settle_before(const Action& action) const;
  // Waits for what is in the making. The first that fails is told, with its action.
  struct Unsettled {
    Action action;
    Error error;
  };
  std::optional<Unsettled> settle();
  [[nodiscard]] bool settled() const { return sandboxes_.empty() && !firewall_; }

 private:
  Result<void> act(const CreateNetwork& action);
  Result<void> act(const RemoveNetwork& action);
  Result<void> act(const CreateSandbox& action);
  Result<void> act(const RemoveSandbox& action);
  Result<void> act(const AttachEndpoint& action);
  Result<void> act(const DetachEndpoint& action);
  Result<void> act(const ApplyFirewall& action);
  Result<void> act(const RemoveFirewall& action);
  Result<void> act(const StartContainer& action) { return containers_.start(action.service); }
  Result<void> act(const StopContainer& action) { return containers_.stop(action.service, action.recreate); }
  Result<void> act(const RemoveContainer& action) { return containers_.remove(action.service); }
  Result<void> act(const UpdateResources& action) { return containers_.update(action.service); }
  Result<void> act(const PinSandbox& action);
  Result<void> act(const OpenResolver& action);
  Result<void> act(const RewriteFile& action);
  Result<void> act(const ReopenLog& action);
  Result<void> act(const MountFolder& action);
  Result<void> act(const ContinueContainer& action) { return containers_.go_on(action.service); }

  Result<void> changed();         // what the kernel has of us is to be recorded
  Result<void> finish_sandbox();  // the first of those in the making
  Result<void> finish_firewall();
  Result<void> attach(const std::string& owner, const std::string& network, int netns);
  Result<void> open_dns(const std::string& owner, int netns);
  Result<void> open_resolver(const std::string& owner, int netns);

  World& world_;
  Containers& containers_;
  std::optional<engine::SandboxMaker> maker_;
  std::deque<std::string> sandboxes_;  // whose it was asked for and has not answered
  std::optional<net::FirewallChange> firewall_;
  std::string applied_;  // the hash of what firewall_ makes
};

}  // namespace stack
