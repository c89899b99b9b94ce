// Carries out the planner's steps on networks, namespaces and the firewall. It decides nothing: each action
// brings one object to what `desired` says, whatever was there before.
#pragma once

#include "core/plan/plan.h"
#include "core/reconcile/containers.h"
#include "core/reconcile/world.h"
#include "specs/result.h"

namespace stack {

class Executor {
 public:
  Executor(World& world, Containers& containers) : world_(world), containers_(containers) {}

  Result<void> run(const Action& action);

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

  Result<void> changed();  // what the kernel has of us is to be recorded
  Result<void> attach(const std::string& owner, const std::string& network, int netns);
  Result<void> open_dns(const std::string& owner, int netns);

  World& world_;
  Containers& containers_;
};

}  // namespace stack
