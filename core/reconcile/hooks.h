// post_start and pre_stop: the commands that run in a container when its program has been started and before
// it is asked to end. One after another, each an exec that the keeper watches. How far they have come is in
// the container's record; the one that ran when a reconciler was killed is waited for by the next one, or run
// again where its end is not known for certain. So one may run twice, but none is left out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/keeper/keeper_link.h"
#include "core/reconcile/world.h"

namespace stack {

class Hooks {
 public:
  explicit Hooks(World& world) : world_(world) {}

  // Runs those of post_start that are still to come. One that fails is noted in the record (`hook_fault`),
  // and the rest is left out; the container goes on.
  void post_start(const std::string& service);
  // Runs those of pre_stop that are still to come, then calls `then`. One that fails is told, and the rest is
  // run all the same: what is asked to stop stops.
  void pre_stop(const std::string& service, std::function<void()> then);
  // The container has ended, or is not waited for any longer: whatever runs is killed.
  void end(const std::string& service);

  // A hook ended. False where the name is none of ours.
  bool exited(const keeper::Exit& exit);
  // One that the last reconciler started; to be called before post_start and pre_stop.
  void adopt(keeper::Inventory::Watched watched);
  // Those that no container has asked for are ended.
  void settle_unclaimed();
  static bool is_name(const std::string& name);

 private:
  enum class Phase { post_start, pre_stop };
  struct Run {
    Phase phase = Phase::post_start;
    std::function<void()> then;
    std::string name;  // of what runs, as the keeper knows it; empty: nothing
    UniqueFd pidfd;
    UniqueFd outcome;      // why it could not be executed, if so
    bool adopted = false;  // released by the last reconciler, or never
  };

  void begin(const std::string& service, Phase phase, std::function<void()> then);
  void run_next(const std::string& service);
  Result<void> start(const ServiceSpec& spec, Run& run, const Hook& hook, const std::string& name);
  [[nodiscard]] std::shared_ptr<const ServiceSpec> spec_of(const std::string& service, Phase phase) const;
  void finish(const std::string& service, const std::string& fault);

  World& world_;
  std::map<std::string, Run> runs_;
  std::map<std::string, keeper::Inventory::Watched> found_;  // by name, not yet asked for
};

}  // namespace stack
