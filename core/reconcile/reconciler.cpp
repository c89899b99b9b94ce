#include "core/reconcile/reconciler.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "core/reconcile/kernel_state.h"
#include "core/reconcile/status.h"
#include "core/sys/footprint.h"
#include "specs/text.h"

namespace stack {
namespace {

constexpr std::int64_t kFirstRetryNs = 100'000'000;
constexpr std::int64_t kLongestRetryNs = 60'000'000'000;
constexpr std::chrono::seconds kShedPause(1);

bool runnable(const Step& step, std::int64_t now) {
  return step.waits.empty() && step.impossible.empty() && step.not_before_ns <= now;
}

std::string name_of(const Action& action) {
  const StepText what = describe(action);
  return what.action + " " + what.kind + " " + what.object;
}

// Nothing else in a plan is built on what these do to one container that is there.
bool stands_alone(const Action& action) {
  return std::holds_alternative<StopContainer>(action) || std::holds_alternative<RemoveContainer>(action) ||
         std::holds_alternative<UpdateResources>(action) || std::holds_alternative<ContinueContainer>(action);
}

}  // namespace

Reconciler::Reconciler(boost::asio::io_context& io, const std::string& project)
    : world_(io, project),
      health_(world_),
      hooks_(world_),
      containers_(world_, health_, hooks_),
      executor_(world_, containers_),
      execs_(world_),
      runs_(world_),
      drift_(world_),
      events_(world_.paths.events()),
      timer_(io),
      restore_timer_(io),
      shed_timer_(io),
      keeper_events_(io),
      acceptor_(io),
      accept_timer_(io),
      signals_(io, SIGTERM) {
  world_.wake = [this] { wake(); };
  world_.tell = [this](const Progress& progress) { broadcast(progress); };
  world_.changed = [this](const std::string& service) {
    runs_.changed(service);
    note_container(service);
    broadcast_change(service);
  };
  world_.drifted = [this](const Drift& drift) { note_drift(drift); };
}

void Reconciler::wake() {
  if (std::exchange(scheduled_, true)) return;
  boost::asio::post(world_.io, [this] {
    scheduled_ = false;
    pass();
  });
}

// Observe, plan, act. The steps that can be done now are done one at a time, each a turn of the event loop,
// so that exits, DNS questions and clients are served in between.
void Reconciler::pass() {
  if (!queue_.empty()) return;  // the pass that is under way ends with another
  // What is wanted could not be read (yet): nothing is touched that runs.
  if (!world_.intent && !down_) return;
  follow_one_offs();
  note_containers();
  note_mended();
  const Observed seen = observed();
  if (follow_updates(seen)) return;
  const Plan plan = make_plan(world_.desired, seen);
  note_waiting(plan);
  const std::int64_t now = monotonic_ns();
  std::int64_t next = 0;
  for (Step step : plan) {
    const auto deferred = deferred_.find(name_of(step.action));
    if (deferred != deferred_.end())
      step.not_before_ns = std::max(step.not_before_ns, deferred->second.until_ns);
    step.not_before_ns = std::max(step.not_before_ns, damped_until(step.action));
    if (runnable(step, now)) queue_.push_back(step);
    if (step.waits.empty() && step.not_before_ns > now)
      next = next == 0 ? step.not_before_ns : std::min(next, step.not_before_ns);
  }
  if (next != 0) arm_timer(next);
  if (queue_.empty()) return settle(plan, seen, next);
  run_next();
}

Observed Reconciler::observed() const {
  return {world_.networks,        world_.bridges,       world_.sandboxes,
          containers_.observed(), world_.firewall_hash, world_.drift};
}

// One-offs end, and their clients go, without a word of the user's: what is wanted follows.
void Reconciler::follow_one_offs() {
  if (down_ || !one_offs_changed(world_.desired, world_.records)) return;
  const Result<void> accepted = accept(*world_.intent);
  if (accepted) return;
  broadcast({"Stack " + world_.project, "error", "Following its one-offs", accepted.error().words});
  arm_timer(monotonic_ns() + kFirstRetryNs);
}

// What is wanted has changed: what is in the making is finished by the old plan, the rest of it is not begun.
void Reconciler::drop_plan() {
  queue_.clear();
  deferred_.clear();
  if (const auto unsettled = executor_.settle()) {
    const StepText what = describe(unsettled->action);
    broadcast({what.kind + " " + what.object, "warning", what.action, unsettled->error.words});
  }
  record_kernel_state();
}

void Reconciler::run_next() {
  if (queue_.empty()) return wake();  // dropped meanwhile
  if (executor_.must_settle_before(queue_.front().action) && !settle_steps()) return;
  const Step step = std::move(queue_.front());
  queue_.pop_front();
  if (std::holds_alternative<StartContainer>(step.action)) record_kernel_state();
  const Result<void> done = carry_out(step.action);
  if (!done && stands_alone(step.action))
    defer(step.action, done.error());
  else if (!done)
    return failed(step.action, done.error());
  else
    deferred_.erase(name_of(step.action));
  if (queue_.empty()) {
    if (!settle_steps()) return;
    record_kernel_state();
    return wake();
  }
  boost::asio::post(world_.io, [this] { run_next(); });
}

// A fault of ours must not end the process, whose successor would run into it again.
Result<void> Reconciler::carry_out(const Action& action) {
  try {
    return executor_.run(action);
  } catch (const std::exception& e) {
    return fault(std::string("unexpected: ") + e.what());
  }
}

bool Reconciler::settle_steps() {
  const auto unsettled = executor_.settle();
  if (unsettled) failed(unsettled->action, unsettled->error);
  return !unsettled;
}

// Once for all that a pass makes, and before anybody lives in it. Should we be killed before, the next
// reconciler makes it again, which finds it there.
void Reconciler::record_kernel_state() {
  if (!std::exchange(world_.kernel_changed, false) || world_.everything_goes) return;
  const Result<void> saved = save_kernel_state(world_);
  if (saved) return;
  world_.kernel_changed = true;
  broadcast({"Stack " + world_.project, "warning", "Not recorded", saved.error().words});
}

// The rest of the plan was made in the belief that this step works: it is dropped, and made anew after a
// pause.
void Reconciler::failed(const Action& action, const Error& error) {
  queue_.clear();
  record_kernel_state();
  if (const auto* start = std::get_if<StartContainer>(&action)) {
    const StepText what = describe(action);
    broadcast({what.kind + " " + what.object, "error", what.action, error.words});
    containers_.start_failed(start->service, error);  // its own restart policy says what follows
    return wake();
  }
  defer(action, error);
  wake();
}

// Tried again later and later; whoever waits is told now.
void Reconciler::defer(const Action& action, const Error& error) {
  const StepText what = describe(action);
  broadcast({what.kind + " " + what.object, "error", what.action, error.words});
  for (const Waiter& waiter : waiters_)
    if (const auto session = waiter.session.lock()) session->result(1, error.words);
  waiters_.clear();
  runs_.failed(error.words);
  Deferred& deferred = deferred_[name_of(action)];
  deferred.until_ns =
      monotonic_ns() + std::min(kFirstRetryNs << std::min(deferred.failures++, 10), kLongestRetryNs);
}

void Reconciler::arm_timer(std::int64_t at_ns) {
  timer_.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(at_ns - monotonic_ns(), 0)));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) wake();
  });
}

// Nothing can be done now: tell those who wait whether it is as they asked.
void Reconciler::settle(const Plan& plan, const Observed& seen, std::int64_t next_look) {
  follow_limits();  // whoever is told that all runs may count on its limits
  std::vector<Waiter> still;
  for (Waiter& waiter : waiters_) {
    const auto session = waiter.session.lock();
    if (!session || !session->open()) continue;
    const WaitVerdict verdict = judge(waiter, world_, seen, plan);
    const std::int64_t again = verdict.look_again_ns;
    if (again != 0 && (next_look == 0 || again < next_look)) arm_timer(next_look = again);
    if (!verdict.failure.empty())
      session->result(1, verdict.failure);
    else if (verdict.reached)
      session->result(0);
    else
      still.push_back(std::move(waiter));
  }
  waiters_ = std::move(still);
  runs_.settle(seen, plan);
  // Who is still ending has no step in the plan, but a record.
  if (down_ && plan.empty() && world_.records.empty()) return finish_down();
  follow_files();
  if (drift_.pending()) look_for_drift();
  shed_when_idle();
}

// At once where it was long ago, and once more after the last of many passes in a row.
void Reconciler::shed_when_idle() {
  const auto now = std::chrono::steady_clock::now();
  if (shed_timer_.expiry() > now) return;
  shed_memory();
  shed_timer_.expires_at(now + kShedPause);
  shed_timer_.async_wait([](const boost::system::error_code& error) {
    if (!error) shed_memory();
  });
}

void Reconciler::note_waiting(const Plan& plan) {
  std::map<std::string, std::string> waiting;
  for (const Step& step : plan) {
    const auto* start = std::get_if<StartContainer>(&step.action);
    if (start == nullptr) continue;
    if (!step.impossible.empty())
      waiting[start->service] = step.impossible;
    else if (!step.waits.empty())
      waiting[start->service] = joined(step.waits, ", ");
  }
  for (const auto& [service, words] : waiting) {
    const auto known = world_.waiting.find(service);
    if (known == world_.waiting.end() || known->second != words)
      broadcast({"Container " + world_.desired.containers.at(service).spec->container_name, "working",
                 "Waiting", words});
  }
  world_.waiting = std::move(waiting);
}

void Reconciler::broadcast(const Progress& progress) {
  if (progress.status == "error" || progress.status == "warning")
    std::fprintf(stderr, "%s: %s %s\n", progress.id.c_str(), progress.text.c_str(), progress.details.c_str());
  for (const auto& weak : sessions_) {
    const auto session = weak.lock();
    if (!session || !session->wants_progress) continue;
    session->send({{"event", "progress"},
                   {"id", progress.id},
                   {"status", progress.status},
                   {"text", progress.text},
                   {"details", progress.details}});
  }
}

void Reconciler::broadcast_change(const std::string& service) {
  for (const auto& weak : sessions_) {
    const auto session = weak.lock();
    if (!session || !session->watches) continue;
    nlohmann::json event = container_status(world_, service);
    event["event"] = "container";
    session->send(event);
  }
}

}  // namespace stack
