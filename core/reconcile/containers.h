// The life of the stack's containers: start, stop, end, restart, removal. Driven by the planner's steps from
// one side and by the keeper's reports of exits from the other.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/engine/launch.h"
#include "core/reconcile/health.h"
#include "core/reconcile/hooks.h"
#include "core/reconcile/world.h"
#include "specs/result.h"

namespace stack {

class Containers {
 public:
  Containers(World& world, HealthMonitor& health, Hooks& hooks)
      : world_(world), health_(health), hooks_(hooks) {}

  // Clones the process and returns; whether its exec worked is known when `outcome` speaks.
  Result<void> start(const std::string& service);
  // start() could not even clone: counts as a run that failed, so that the restart policy and its back-off
  // apply.
  void start_failed(const std::string& service, const Error& error);
  // Sends the stop signal, and SIGKILL when the grace period is over. `again`: it is started again once it
  // has ended.
  Result<void> stop(const std::string& service, bool again, std::optional<Nanoseconds> grace = std::nullopt);
  Result<void> signal(const std::string& service, int number);
  Result<void> kill(const std::string& service);
  // Holds the processes of a running one still, and lets them go on (container_pause.cpp); as it is already
  // is no error.
  Result<void> pause(const std::string& service);
  Result<void> unpause(const std::string& service);
  // Takes away what an ended container leaves: cgroup, files, and its logs where the service is no longer in
  // the file.
  Result<void> remove(const std::string& service);
  Result<void> update(const std::string& service);
  // A signal that is not ours has stopped its first process.
  Result<void> go_on(const std::string& service);
  // The addresses of network namespace `owner` have changed: /etc/hosts of those who live in it says the new
  // ones.
  Result<void> renew_names(const std::string& owner);
  // A process of ours ended: noted, then acknowledged to the keeper.
  Result<void> exited(const keeper::Exit& exit);

  // A container that the last reconciler started: `watched` is what the keeper says of it.
  Result<void> adopt(keeper::Inventory::Watched watched);
  // Every record that nobody watches: its process ended in a moment that nobody saw.
  void decide_restarts();
  void settle_unwatched();

  // The container's id, made up where there is none yet.
  std::string id_of(const std::string& service);

  [[nodiscard]] std::map<std::string, ObservedContainer> observed() const;

 private:
  struct Starting {
    engine::Pending pending;
    boost::asio::posix::stream_descriptor descriptor;
  };

  ContainerRecord& record_for(const std::string& service);
  Result<engine::Pending> launch(const std::string& service, ContainerRecord& record, Process& process);
  Result<void> ask_to_end(const std::string& service);
  void await_outcome(const std::string& service, engine::Pending pending);
  void started(const std::string& service);
  void note_outcome(const std::string& service);
  void end_orphan(const ContainerRecord& record);
  Result<void> let_go(ContainerRecord& record);
  Result<void> note_halt(ContainerRecord& record, int number);
  Result<void> bring_freezer_to(const ContainerRecord& record);
  Result<void> never_released(ContainerRecord& record);
  void note_exit(ContainerRecord& record, const keeper::Exit& exit);
  void decide_restart_of(ContainerRecord& record);

  World& world_;
  HealthMonitor& health_;
  Hooks& hooks_;
  std::map<std::string, Starting> starting_;
  std::map<std::string, boost::asio::steady_timer> grace_;
  std::map<std::string, std::string> start_faults_;  // words of why a start failed, until its exit is noted
};

}  // namespace stack
