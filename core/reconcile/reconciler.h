// The brain of one stack: observes, plans, acts, and serves the control socket. Single-threaded; may be
// killed at any instant, for all that it knows is in the kernel, in /run, on disk, or with the keeper.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/plan/plan.h"
#include "core/reconcile/container_events.h"
#include "core/reconcile/containers.h"
#include "core/reconcile/drift_history.h"
#include "core/reconcile/drift_watch.h"
#include "core/reconcile/event_log.h"
#include "core/reconcile/exec_sessions.h"
#include "core/reconcile/executor.h"
#include "core/reconcile/health.h"
#include "core/reconcile/hooks.h"
#include "core/reconcile/one_offs.h"
#include "core/reconcile/run_sessions.h"
#include "core/reconcile/session.h"
#include "core/reconcile/waiters.h"
#include "core/reconcile/world.h"

namespace stack {

class Reconciler {
 public:
  Reconciler(boost::asio::io_context& io, const std::string& project);

  // Takes over from the last reconciler, if there was one. Fails only where nothing could be managed at all.
  Result<void> begin();

 private:
  // Start (reconciler_start.cpp).
  Result<void> take_over();
  Result<void> serve_stored_dns();
  Result<void> adopt(keeper::Inventory inventory);
  Result<void> restore_intent();
  void restore_or_retry();
  void listen_to_keeper();
  void keeper_spoke();
  void exited(const keeper::Exit& exit);
  void keeper_died();
  Result<void> end_handover(const std::vector<UniqueFd>& socket);
  void await_client();
  void greet(boost::asio::local::stream_protocol::socket socket);

  // The loop (reconciler.cpp).
  void wake();
  void pass();
  [[nodiscard]] Observed observed() const;
  void run_next();
  void drop_plan();
  Result<void> carry_out(const Action& action);
  void defer(const Action& action, const Error& error);
  void record_kernel_state();
  // `next_look`: for when the timer is set, 0 where it is not.
  void settle(const Plan& plan, const Observed& seen, std::int64_t next_look);
  bool settle_steps();  // false: one failed, and has been told
  void failed(const Action& action, const Error& error);
  void arm_timer(std::int64_t at_ns);
  void note_waiting(const Plan& plan);
  void shed_when_idle();
  void broadcast(const Progress& progress);
  void broadcast_change(const std::string& service);
  void follow_one_offs();

  // Drift (reconciler_drift.cpp).
  [[nodiscard]] bool at_rest() const { return queue_.empty() && !scheduled_ && executor_.settled(); }
  void look_for_drift();
  void follow_limits();
  void follow_files();  // where nobody waits
  Result<void> look_at_all();
  void note_drift(const Drift& drift);
  void note_mended();
  [[nodiscard]] std::int64_t damped_until(const std::string& object) const;
  [[nodiscard]] std::int64_t damped_until(const Action& action) const;

  // Updates that fail, and going back (reconciler_updates.cpp).
  bool follow_updates(const Observed& seen);  // true: something else is wanted now
  Result<void> go_back(std::uint64_t model, const std::string& failed);
  Result<void> verb_rollback(const std::shared_ptr<Session>& session, const nlohmann::json& request);
  Result<void> verb_history(const std::shared_ptr<Session>& session);

  // Events (reconciler_events.cpp).
  void begin_events();
  void remember_drift(const nlohmann::json& event);
  void note_containers();
  void note_container(const std::string& service);
  void add_event(const char* type, const std::string& action, nlohmann::json event);
  Result<void> verb_events(const std::shared_ptr<Session>& session, const nlohmann::json& request);

  // The verbs (verbs.cpp, verb_attach.cpp, verb_up.cpp, verb_run.cpp).
  using SessionPtr = std::shared_ptr<Session>;
  void handle(const SessionPtr& session, const nlohmann::json& request, const std::vector<UniqueFd>& fds);
  Result<void> begin_verb(const SessionPtr& session, const nlohmann::json& request,
                          const std::vector<UniqueFd>& fds);
  Result<void> begin_change(const std::string& verb, const SessionPtr& session,
                            const nlohmann::json& request);
  Result<void> verb_up(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_plan(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_down(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_stop(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_start(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_restart(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_kill(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_rm(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_pause(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_unpause(const SessionPtr& session, const nlohmann::json& request);
  Result<std::set<std::string>> named_or_running(const nlohmann::json& request) const;
  Result<void> verb_run(const SessionPtr& session, const nlohmann::json& request,
                        const std::vector<UniqueFd>& fds);
  Result<void> begin_one_off(const nlohmann::json& request, const std::vector<UniqueFd>& fds);
  Result<ContainerRecord> one_off_record(const nlohmann::json& request, const StackSpec& file) const;
  Result<void> verb_attach(const SessionPtr& session, const nlohmann::json& request);
  Result<void> verb_signal(const nlohmann::json& request);
  void drop_ended_one_offs();
  Result<std::set<std::string>> services_of(const nlohmann::json& request) const;
  Result<Intent> intent_of(const nlohmann::json& request) const;
  Result<void> accept(Intent intent);
  Result<Desired> desire(const Whole& whole, Intent& intent);
  Result<void> keep(Intent& intent, const std::string& wire);
  // unfinished: `up` does not do again what was done well; all: whoever is named to be started; anew: made
  // anew as well.
  enum class Revive { unfinished, all, anew };
  void revive(const std::set<std::string>& services, Revive how);
  std::vector<std::string> changed_checks(const StackSpec& next) const;
  void take_over_settings();
  static std::optional<Nanoseconds> timeout_of(const nlohmann::json& request);
  void wait_for(const SessionPtr& session, Goal goal, std::set<std::string> services, bool healthy = false);

  // The end (reconciler_end.cpp).
  void begin_down(bool keep_files, std::optional<Nanoseconds> grace);
  void want_nothing(bool keep_files);
  void finish_down();
  void shut_down_on_signal();

  struct Down {
    bool keep_files = false;
  };

  World world_;
  HealthMonitor health_;
  Hooks hooks_;
  Containers containers_;
  Executor executor_;
  ExecSessions execs_;
  RunSessions runs_;
  DriftWatch drift_;
  DriftHistory drift_history_;
  std::map<std::string, std::int64_t> drifted_at_;  // object -> CLOCK_MONOTONIC, of what is to be mended
  EventLog events_;
  ContainerEvents container_events_;
  std::deque<Step> queue_;
  bool scheduled_ = false;
  std::optional<Down> down_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer restore_timer_;
  boost::asio::steady_timer shed_timer_;
  struct Deferred {
    std::int64_t until_ns = 0;  // CLOCK_MONOTONIC
    int failures = 0;
  };
  std::map<std::string, Deferred> deferred_;  // steps that failed, by what they do to what
  boost::asio::posix::stream_descriptor keeper_events_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  boost::asio::steady_timer accept_timer_;
  boost::asio::signal_set signals_;
  std::vector<std::weak_ptr<Session>> sessions_;
  std::vector<Waiter> waiters_;
  std::uint64_t gave_up_on_ = 0;  // the model whose failed update has been answered, by going back or not
};

// `stack reconcile PROJECT`, as the keeper execs it. The exit code.
int run_reconciler(const std::string& project);

}  // namespace stack
