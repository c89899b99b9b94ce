// The end of a container's process: what it was, whether it starts again, and the acknowledgement to the
// keeper.
#include <poll.h>

#include <csignal>

#include "core/reconcile/backoff.h"
#include "core/reconcile/containers.h"
#include "core/reconcile/process_identity.h"
#include "core/reconcile/update_faults.h"
#include "core/sys/signals.h"
#include "core/sys/syscalls.h"

namespace stack {
namespace {

constexpr int kOrphanPatienceMs = 5000;

std::string memory_words(std::uint64_t bytes) {
  if (bytes % (1u << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  return std::to_string(bytes) + " bytes";
}

std::string reason_of(const ExitRecord& exit, const ServiceSpec* spec) {
  if (exit.oom) {
    if (spec == nullptr || !spec->resources.memory) return "out of memory";
    return "out of memory (memory limit " + memory_words(*spec->resources.memory) + ")";
  }
  if (!exit.known) return "unknown";
  if (exit.signal != 0)
    return "signal " + std::to_string(exit.signal) + " (" + signal_name(exit.signal) + ")";
  return "exit " + std::to_string(exit.code);
}

}  // namespace

Result<void> Containers::exited(const keeper::Exit& exit) {
  const auto it = world_.records.find(exit.name);
  if (it == world_.records.end() || it->second.pid != exit.pid)
    return world_.keeper->acknowledge(exit.name, exit.pid);
  ContainerRecord& record = it->second;
  const std::string service = exit.name;
  // The child's last words are in the pipe before its death is reported.
  note_outcome(service);
  // Still starting after that: a predecessor cloned it. Whom we released ourselves may have any exit code.
  if (record.state == ContainerState::starting && exit.known && !exit.signaled &&
      exit.status == engine::kNotReleased)
    return never_released(record);
  health_.end(service);
  hooks_.end(service);
  grace_.erase(service);
  const bool monitored = is_monitored(world_, record);
  note_exit(record, exit);
  decide_restart_of(record);
  const bool done = record.exit->known && record.exit->code == 0 && !record.restarting;
  if (monitored && !done) note_update_fault(world_, record, record.exit_reason);
  // Without a pid namespace of its own, what the first process left behind lives on.
  if (!record.own_pid_namespace) {
    const Result<void> swept = world_.cgroups->kill(world_.paths.container_cgroup(service));
    if (!swept) world_.tell({"Container " + record.name, "warning", "Exited", swept.error().words});
  }
  world_.processes.erase(service);
  TRY(world_.state.keep(record));
  TRY(world_.keeper->acknowledge(exit.name, exit.pid));

  const std::string details = record.exit_reason + (record.restarting ? " (restarting)" : "");
  world_.tell({"Container " + record.name, record.stop_asked ? "done" : "warning",
               record.stop_asked ? "Stopped" : "Exited", record.stop_asked ? "" : details});
  world_.changed(service);
  world_.wake();
  return {};
}

// The reconciler that cloned it was killed before it let it go: it has run nothing, and its start is still to
// come.
Result<void> Containers::never_released(ContainerRecord& record) {
  const std::string service = record.service;
  const pid_t pid = record.pid;
  record.state = ContainerState::created;
  record.pid = -1;
  world_.processes.erase(service);
  TRY(world_.state.keep(record));
  TRY(world_.keeper->acknowledge(service, pid));
  world_.wake();
  return {};
}

void Containers::note_exit(ContainerRecord& record, const keeper::Exit& exit) {
  ExitRecord noted;
  noted.known = exit.known;
  noted.signal = exit.known && exit.signaled ? exit.status : 0;
  noted.code = noted.signal != 0 ? 128 + noted.signal : exit.status;
  // Whom we asked to stop we killed ourselves.
  const bool killed = noted.code == 128 + SIGKILL;  // also as a shell or an init passes it on
  if ((killed || !noted.known) && !record.stop_asked) {
    const auto readings = world_.cgroups->read(world_.paths.container_cgroup(record.service));
    noted.oom = readings && readings->oom_kills > record.oom_kills;
  }
  const auto want = world_.desired.containers.find(record.service);
  record.exit = noted;
  record.exit_reason =
      reason_of(noted, want == world_.desired.containers.end() ? nullptr : want->second.spec.get());
  if (const auto fault = start_faults_.find(record.service); fault != start_faults_.end()) {
    record.exit_reason = fault->second;
    record.exit->code = 127;
    start_faults_.erase(fault);
  }
  record.finished_ns = exit.time_ns != 0 ? exit.time_ns : realtime_ns();
  record.state = ContainerState::exited;
  record.health = Health::none;
  record.halted = false;
  record.pid = -1;
  // Killed by somebody else while it was paused: the next one is not to be born frozen.
  const Result<void> thawed = let_go(record);
  if (!thawed) world_.tell({"Container " + record.name, "warning", "Exited", thawed.error().words});
}

void Containers::decide_restart_of(ContainerRecord& record) {
  if (record.stop_asked) return;  // `restarting` says whether it is wanted again
  if (record.one_off) return;     // once is once
  const auto want = world_.desired.containers.find(record.service);
  if (want == world_.desired.containers.end()) return;
  // Whoever shared the pid namespace of a service was killed with it, which is no failure of its own.
  const auto owner = world_.records.find(record.pid_owner);
  const bool owner_ends = owner != world_.records.end() &&
                          (owner->second.state != ContainerState::running || is_exiting(owner->second.pid));
  if (owner_ends) {
    record.restarting = true;
    record.next_start_ns = 0;
    return;
  }
  const std::chrono::nanoseconds ran(
      record.started_ns == 0 || record.started_mono_ns == 0 ? 0 : monotonic_ns() - record.started_mono_ns);
  const RestartVerdict verdict =
      decide_restart(want->second.spec->restart, *record.exit, record.failures, ran);
  record.restarting = verdict.restart;
  record.failures = verdict.failures;
  record.next_start_ns = verdict.delay.count() == 0 ? 0 : monotonic_ns() + verdict.delay.count();
}

void Containers::decide_restarts() {
  for (auto& [service, record] : world_.records) {
    if (record.state != ContainerState::exited || record.restarting || !record.exit) continue;
    decide_restart_of(record);
    world_.save(record);
  }
}

void Containers::start_failed(const std::string& service, const Error& error) {
  const auto it = world_.records.find(service);
  if (it == world_.records.end()) return;
  ContainerRecord& record = it->second;
  const DesiredContainer& want = world_.desired.containers.at(service);
  record.hash = want.hash;
  record.keys = want.keys;
  record.started_ns = 0;
  record.started_mono_ns = 0;
  record.stop_asked = false;
  start_faults_[service] = error.words;
  if (is_monitored(world_, record)) note_update_fault(world_, record, error.words);
  keeper::Exit exit;
  exit.name = service;
  exit.known = true;
  note_exit(record, exit);
  decide_restart_of(record);
  world_.save(record);
  world_.changed(service);
}

Result<void> Containers::adopt(keeper::Inventory::Watched watched) {
  const std::string service = watched.watch.name;
  const auto it = world_.records.find(service);
  if (it == world_.records.end() || it->second.pid != watched.watch.pid) {
    // Cloned by a reconciler that was killed before it could write it down: nothing has been exec'd, or
    // nobody knows of it.
    ::kill(watched.watch.pid, SIGKILL);
    return {};
  }
  ContainerRecord& record = it->second;
  Process& process = world_.processes[service];
  process.pidfd = std::move(watched.pidfd);
  process.out = std::move(watched.out);
  process.err = std::move(watched.err);
  process.limits = watched.watch.limits;
  if (watched.exit) return exited(*watched.exit);
  if (record.state == ContainerState::starting) {
    // Whether it has been released nobody knows: it is when its program is no longer ours, else it died with
    // the pipe.
    record.state = ContainerState::running;
    if (record.started_ns == 0) record.started_ns = realtime_ns();
    record.started_mono_ns = monotonic_ns();
    TRY(world_.state.keep(record));
  }
  const Result<void> held = bring_freezer_to(record);
  if (!held) world_.tell({"Container " + record.name, "warning", "Not as it was", held.error().words});
  if (record.state == ContainerState::stopping) return stop(service, record.restarting);
  if (record.state == ContainerState::running) {
    if (!record.paused) health_.begin(service);
    hooks_.post_start(service);
  }
  return {};
}

// A process that the keeper does not know has lost its parent with both of us: nobody reads its output, and
// nobody can learn its end for certain. It is ended before it counts as ended, so that no second one runs
// beside it.
void Containers::end_orphan(const ContainerRecord& record) {
  const std::string cgroup = world_.paths.container_cgroup(record.service);
  const UniqueFd pidfd(record.pid > 0 ? pidfd_open(record.pid) : -1);
  const auto start_time = start_time_of(record.pid);
  const bool same = pidfd && start_time && *start_time == record.start_time;
  if (same) pidfd_send_signal(pidfd.get(), SIGKILL);
  const Result<void> swept = world_.cgroups->kill(cgroup);
  if (!swept) world_.tell({"Container " + record.name, "warning", "Ending", swept.error().words});
  pollfd wait{pidfd.get(), POLLIN, 0};
  if (same) ::poll(&wait, 1, kOrphanPatienceMs);
}

void Containers::settle_unwatched() {
  for (auto& [service, record] : world_.records) {
    if (!has_process(record.state) || world_.processes.contains(service)) continue;
    end_orphan(record);
    keeper::Exit lost;
    lost.name = service;
    lost.pid = record.pid;
    note_exit(record, lost);
    decide_restart_of(record);
    world_.save(record);
  }
}

}  // namespace stack
