#include "core/reconcile/hooks.h"

#include <fcntl.h>

#include <csignal>
#include <utility>

#include "core/engine/security.h"
#include "core/reconcile/exec_launch.h"
#include "core/reconcile/process_identity.h"
#include "core/reconcile/update_faults.h"
#include "core/sys/files.h"
#include "core/sys/syscalls.h"
#include "specs/canonical.h"

namespace stack {
namespace {

constexpr char kPrefix[] = "hook/";

std::string words_of(const keeper::Exit& exit) {
  if (!exit.known) return "ended with an unknown exit code";
  if (exit.signaled) return "was ended by signal " + std::to_string(exit.status);
  return "exited with code " + std::to_string(exit.status);
}

// The same pipe that the container's program writes to, where there is one: what a hook says is in the
// service's log. Of a terminal's master this would open another terminal.
UniqueFd writer_of(const UniqueFd& reader, bool tty) {
  if (!reader || tty) return UniqueFd();
  const std::string path = "/proc/self/fd/" + std::to_string(reader.get());
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
}

}  // namespace

bool Hooks::is_name(const std::string& name) {
  return name.starts_with(kPrefix);
}

void Hooks::post_start(const std::string& service) {
  if (!world_.records.at(service).hook_fault.empty()) return;
  begin(service, Phase::post_start, [] {});
}

void Hooks::pre_stop(const std::string& service, std::function<void()> then) {
  begin(service, Phase::pre_stop, std::move(then));
}

void Hooks::begin(const std::string& service, Phase phase, std::function<void()> then) {
  end(service);
  Run& run = runs_[service];
  run.phase = phase;
  run.then = std::move(then);
  run_next(service);
}

// Null where it has none of that kind.
std::shared_ptr<const ServiceSpec> Hooks::spec_of(const std::string& service, Phase phase) const {
  if (phase == Phase::post_start) {
    const auto want = world_.desired.containers.find(service);
    return want == world_.desired.containers.end() ? nullptr : want->second.spec;
  }
  const std::string& text = world_.records.at(service).pre_stop_of;
  const auto spec = text.empty() ? Result<StackSpec>(StackSpec()) : from_wire(text);
  if (!spec || !spec->services.contains(service)) return nullptr;
  return std::make_shared<const ServiceSpec>(spec->services.at(service));
}

void Hooks::run_next(const std::string& service) {
  Run& run = runs_.at(service);
  const ContainerRecord& record = world_.records.at(service);
  const bool before = run.phase == Phase::pre_stop;
  const auto next = static_cast<std::size_t>(before ? record.pre_stop_done : record.post_start_done);
  const std::shared_ptr<const ServiceSpec> spec = spec_of(service, run.phase);
  const std::vector<Hook>* hooks = spec == nullptr ? nullptr : before ? &spec->pre_stop : &spec->post_start;
  if (hooks == nullptr || next >= hooks->size()) {
    const std::function<void()> then = std::move(run.then);
    runs_.erase(service);
    return then();
  }
  const std::string name =
      kPrefix + std::string(before ? "pre_stop/" : "post_start/") + std::to_string(next) + "/" + service;
  if (const auto found = found_.find(name); found != found_.end()) {
    keeper::Inventory::Watched watched = std::move(found->second);
    found_.erase(found);
    run.name = name;
    run.pidfd = std::move(watched.pidfd);
    run.adopted = true;
    if (watched.exit && exited(*watched.exit))
      static_cast<void>(world_.keeper->acknowledge(name, watched.watch.pid));  // a dead keeper tells it again
    return;
  }
  const Result<void> began = start(*spec, run, (*hooks)[next], name);
  if (!began) finish(service, began.error().words);
}

Result<void> Hooks::start(const ServiceSpec& spec, Run& run, const Hook& hook, const std::string& name) {
  const Process& process = world_.processes.at(spec.name);
  engine::ExecLaunch launch =
      TRY(exec_launch(world_, spec, hook.privileged ? Privileges::all : Privileges::of_service));
  const bool tty = spec.tty.value_or(false);
  launch.argv = hook.command;
  launch.user = hook.user;
  launch.working_dir = hook.working_dir;
  for (const auto& [key, value] : hook.environment) launch.environment.push_back(key + "=" + value);
  const UniqueFd out = writer_of(process.out, tty);
  const UniqueFd err = writer_of(process.err, tty);
  launch.stdio = {-1, out.get(), err.get(), true};
  engine::Pending pending = TRY(engine::start_exec(launch));
  keeper::Watch watch;
  watch.name = name;
  watch.pid = pending.pid;
  watch.start_time = TRY(start_time_of(pending.pid));
  TRY(world_.keeper->watch(watch, pending.pidfd.get(), -1, -1));
  TRY(engine::release(pending));
  run.name = name;
  run.pidfd = std::move(pending.pidfd);
  run.outcome = std::move(pending.outcome);
  run.adopted = false;
  return {};
}

bool Hooks::exited(const keeper::Exit& exit) {
  if (!is_name(exit.name)) return false;
  const std::string service = exit.name.substr(exit.name.rfind('/') + 1);
  const auto it = runs_.find(service);
  if (it == runs_.end() || it->second.name != exit.name) return true;  // one that was ended
  Run& run = it->second;
  run.name.clear();
  run.pidfd.reset();
  const bool released = !run.adopted || !exit.known || exit.signaled || exit.status != engine::kNotReleased;
  // Whether it had begun nobody knows, or it has ended in a moment that nobody saw: once more.
  if (!released || (run.adopted && !exit.known)) {
    run_next(service);
    return true;
  }
  std::string fault;
  if (!exit.known || exit.signaled || exit.status != 0) fault = words_of(exit);
  engine::Pending pending;
  pending.outcome = std::move(run.outcome);
  if (pending.outcome) {
    const Result<void> executed = engine::outcome(pending);
    if (!executed) fault = executed.error().words;
  }
  finish(service, fault);
  return true;
}

// The one that ran, or could not be run, is over.
void Hooks::finish(const std::string& service, const std::string& fault) {
  ContainerRecord& record = world_.records.at(service);
  const bool before = runs_.at(service).phase == Phase::pre_stop;
  int& done = before ? record.pre_stop_done : record.post_start_done;
  const std::string which =
      std::string(before ? "pre_stop" : "post_start") + " hook " + std::to_string(done + 1) + ": " + fault;
  if (!fault.empty() && before) world_.tell({"Container " + record.name, "warning", "Stopping", which});
  if (!fault.empty() && !before) {
    if (is_monitored(world_, record)) note_update_fault(world_, record, which);
    record.hook_fault = which;
    world_.tell({"Container " + record.name, "error", "Started", which});
    runs_.erase(service);
  } else {
    ++done;
  }
  world_.save(record);
  if (fault.empty() || before) run_next(service);
  world_.changed(service);
  world_.wake();
}

void Hooks::end(const std::string& service) {
  const auto it = runs_.find(service);
  if (it == runs_.end()) return;
  if (it->second.pidfd) pidfd_send_signal(it->second.pidfd.get(), SIGKILL);
  runs_.erase(it);
}

// The name is copied: the move takes it along.
void Hooks::adopt(keeper::Inventory::Watched watched) {
  const std::string name = watched.watch.name;
  found_[name] = std::move(watched);
}

void Hooks::settle_unclaimed() {
  for (const auto& [name, watched] : found_) {
    if (watched.exit)
      static_cast<void>(world_.keeper->acknowledge(name, watched.watch.pid));  // a dead keeper tells it again
    else
      pidfd_send_signal(watched.pidfd.get(), SIGKILL);
  }
  found_.clear();
}

}  // namespace stack
