#include "core/reconcile/containers.h"

#include <fcntl.h>

#include <csignal>

#include "core/engine/devices.h"
#include "core/engine/security.h"
#include "core/keeper/programs.h"
#include "core/plan/plan.h"
#include "core/reconcile/container_files.h"
#include "core/reconcile/file_contents.h"
#include "core/reconcile/one_off_traces.h"
#include "core/reconcile/process_identity.h"
#include "core/reconcile/storage.h"
#include "core/sys/files.h"
#include "core/sys/pipes.h"
#include "core/sys/random_id.h"
#include "core/sys/signals.h"
#include "core/sys/syscalls.h"
#include "specs/canonical.h"
#include "specs/effective.h"

namespace stack {
namespace {

Result<void> send_signal(const UniqueFd& pidfd, int number) {
  // ESRCH: it has ended, and its exit is on its way to us.
  if (pidfd_send_signal(pidfd.get(), number) != 0 && errno != ESRCH)
    return os_error("send " + signal_name(number));
  return {};
}

// The log of a driver that keeps none has no room: the keeper throws away what comes.
keeper::LogLimits log_limits(const ServiceSpec& spec) {
  keeper::LogLimits limits;
  if (!spec.logging) return limits;
  if (spec.logging->max_size != 0) limits.max_bytes = spec.logging->max_size;
  if (spec.logging->max_files != 0) limits.max_files = spec.logging->max_files;
  if (spec.logging->none) limits.max_bytes = keeper::kNoLog;
  return limits;
}

std::string pre_stop_of(const ServiceSpec& spec) {
  if (spec.pre_stop.empty()) return "";
  StackSpec only;
  only.services[spec.name] = spec;
  return to_wire(only);
}

// Standard input that says nothing and does not end: the container itself holds the other end, so nobody's
// death closes it.
Result<UniqueFd> open_standard_input() {
  const Pipe pipe = TRY(make_pipe());
  return open_fd("/proc/self/fd/" + std::to_string(pipe.read.get()), O_RDWR);
}

// For all starts there is one, but for those after somebody has mounted over what it shows.
Result<int> staging_namespace(World& world) {
  if (!world.staging || !world.staging->up_to_date())
    world.staging = TRY(engine::Staging::make({world.paths.runtime(), world.paths.lib}));
  return world.staging->fd();
}

std::string hostname_of(const ServiceSpec& spec, const ContainerRecord& record) {
  return spec.hostname.empty() ? record.id.substr(0, 12) : spec.hostname;
}

}  // namespace

std::string Containers::id_of(const std::string& service) {
  // A pod has no container whose id could be its host name.
  return world_.desired.containers.contains(service) ? record_for(service).id
                                                     : service.substr(service.find(':') + 1);
}

ContainerRecord& Containers::record_for(const std::string& service) {
  ContainerRecord& record = world_.records[service];
  const DesiredContainer& want = world_.desired.containers.at(service);
  if (record.id.empty()) {
    auto id = random_id();
    record.id = id ? *id : std::string(64, '0');
    record.service = service;
    record.name = want.spec->container_name;
    record.boot_id = world_.boot_id;
    record.created_ns = realtime_ns();
  }
  if (record.state == ContainerState::absent) {
    record.state = ContainerState::created;
    record.hash = want.hash;
  }
  return record;
}

Result<void> Containers::start(const std::string& service) {
  const DesiredContainer& want = world_.desired.containers.at(service);
  ContainerRecord& record = record_for(service);
  const bool again = record.exit.has_value() && record.restarting;
  world_.tell({"Container " + record.name, "working", again ? "Restarting" : "Starting", ""});

  Process process;
  engine::Pending pending = TRY(launch(service, record, process).with(service + ": start"));
  record.pid = pending.pid;
  record.start_time = TRY(start_time_of(pending.pid));
  record.hash = want.hash;
  record.keys = want.keys;
  record.resources_hash = want.resources_hash;
  record.sandboxes.clear();
  for (const std::string& owner : {want.net_owner, want.ipc_owner, want.uts_owner})
    if (!owner.empty()) record.sandboxes.insert(owner);
  record.depends_on.clear();
  for (const auto& [name, dependency] : want.spec->depends_on) record.depends_on.insert(name);
  record.group = want.group;
  record.pid_owner = want.pid_owner;
  record.own_pid_namespace = want.spec->pid.kind == NamespaceMode::Kind::own;
  record.stop_signal = stop_signal_of(*want.spec);
  record.grace = want.spec->stop_grace_period;
  record.state = ContainerState::starting;
  record.started_ns = record.started_mono_ns = 0;
  record.stop_asked = false;
  if (again) ++record.restarts;
  record.restarting = false;
  record.post_start_done = record.pre_stop_done = 0;
  record.hook_fault.clear();
  record.pre_stop_of = pre_stop_of(*want.spec);
  record.health = active_check(*want.spec) != nullptr ? Health::starting : Health::none;

  const keeper::Watch watch{service, record.pid, record.start_time,
                            process.out ? world_.paths.log_dir(service) : "", process.limits};
  TRY(world_.keeper->watch(watch, pending.pidfd.get(), process.out.get(), process.err.get()));
  TRY(world_.state.keep(record));
  process.pidfd = UniqueFd(::fcntl(pending.pidfd.get(), F_DUPFD_CLOEXEC, 0));
  world_.processes[service] = std::move(process);
  TRY(engine::release(pending).with(service + ": start"));
  if (record.one_off) keep_lifeline_alone(world_, service);
  await_outcome(service, std::move(pending));
  world_.changed(service);
  return {};
}

Result<engine::Pending> Containers::launch(const std::string& service, ContainerRecord& record,
                                           Process& process) {
  const DesiredContainer& want = world_.desired.containers.at(service);
  const ServiceSpec& spec = *want.spec;
  const std::string path = world_.paths.container_cgroup(service);
  const bool had_cgroup = world_.cgroups->exists(path);
  TRY(world_.cgroups->create(path, spec.resources, TRY(engine::device_policy(spec))));
  record.oom_kills = had_cgroup ? TRY(world_.cgroups->read(path)).oom_kills : 0;
  record.ids = world_.ids.at(want.group);

  engine::ContainerLaunch launch;
  launch.service = &spec;
  launch.layers = TRY(layer_folders(spec.image));
  launch.volumes = TRY(open_volumes(world_.project, spec));
  launch.image_mounts = TRY(image_mounts(spec));
  launch.files =
      TRY(injected_files(world_.paths, record.one_off ? record.one_off->needs : world_.intent->spec, spec));
  launch.id = record.id;
  launch.run_dir = world_.paths.container_run(service);
  launch.state_dir = world_.paths.container_lib(service);
  launch.staging = TRY(staging_namespace(world_));
  launch.ids = record.ids;
  launch.user_ns = world_.user_pin(want.group);
  if (!want.net_owner.empty()) launch.net_ns = world_.pin(want.net_owner, "net");
  if (!want.ipc_owner.empty()) launch.ipc_ns = world_.pin(want.ipc_owner, "ipc");
  if (!want.uts_owner.empty()) launch.uts_ns = world_.pin(want.uts_owner, "uts");
  if (!want.pid_owner.empty()) {
    const auto owner = world_.processes.find(want.pid_owner);
    if (owner == world_.processes.end())
      return fault("\"" + want.pid_owner + "\", whose pid namespace it shares, does not run");
    launch.pid_ns = owner->second.pidfd.get();
  }
  launch.host_pid = spec.pid.kind == NamespaceMode::Kind::host;
  launch.hostname = hostname_of(spec, record);
  if (spec.init.value_or(false)) launch.init_program = TRY(keeper::keeper_program());
  launch.hosts = hosts_file(world_.desired, want, launch.hostname);
  launch.resolv_conf = resolv_conf(world_.desired, want);
  launch.cgroup = TRY(world_.cgroups->entry(path));
  launch.cgroup_version = world_.cgroups->version();
  launch.capabilities = TRY(security::capabilities(spec));
  launch.seccomp = TRY(security::seccomp_program(spec, launch.capabilities));
  launch.labels = TRY(security::labels(spec, security::mcs_pair((record.ids.base >> 16) & 0xfff)));

  process.limits = log_limits(spec);
  if (record.one_off && !record.one_off->detach) {
    TRY(connect_to_client(world_, service, launch));
    return engine::start_container(launch);
  }
  if (spec.tty.value_or(false)) {
    engine::Pending pending = TRY(engine::start_container(launch));
    process.out = std::move(pending.terminal);
    return pending;
  }
  UniqueFd in;
  if (spec.stdin_open.value_or(false)) in = TRY(open_standard_input());
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  launch.stdio = {in.get(), out.write.get(), err.write.get()};
  process.out = std::move(out.read);
  process.err = std::move(err.read);
  return engine::start_container(launch);
}

Result<void> Containers::renew_names(const std::string& owner) {
  for (const auto& [service, want] : world_.desired.containers) {
    const auto record = world_.records.find(service);
    if (want.net_owner != owner || record == world_.records.end() || !has_process(record->second.state))
      continue;
    const std::string text = hosts_file(world_.desired, want, hostname_of(*want.spec, record->second));
    TRY(engine::renew_hosts(world_.paths.container_run(service), text).with(service));
  }
  return {};
}

void Containers::await_outcome(const std::string& service, engine::Pending pending) {
  starting_.erase(service);
  const int fd = ::fcntl(pending.outcome.get(), F_DUPFD_CLOEXEC, 0);
  auto [it, fresh] = starting_.try_emplace(
      service, Starting{std::move(pending), boost::asio::posix::stream_descriptor(world_.io, fd)});
  it->second.descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                   [this, service](const boost::system::error_code& error) {
                                     if (!error) note_outcome(service);
                                   });
}

// Its exec has worked, or the child has said why not. In that case the record is settled when the exit is
// reported.
void Containers::note_outcome(const std::string& service) {
  const auto it = starting_.find(service);
  if (it == starting_.end()) return;
  const Result<void> outcome = engine::outcome(it->second.pending);
  starting_.erase(it);
  if (outcome)
    started(service);
  else
    start_faults_[service] = outcome.error().words;
}

void Containers::started(const std::string& service) {
  ContainerRecord& record = world_.records.at(service);
  record.started_ns = realtime_ns();
  record.started_mono_ns = monotonic_ns();
  record.finished_ns = 0;
  if (record.state == ContainerState::starting) record.state = ContainerState::running;
  world_.save(record);
  world_.tell({"Container " + record.name, "done", "Started", ""});
  if (record.state == ContainerState::running) {
    health_.begin(service);
    hooks_.post_start(service);
  }
  world_.changed(service);
  world_.wake();
}

Result<void> Containers::stop(const std::string& service, bool again, std::optional<Nanoseconds> grace) {
  ContainerRecord& record = world_.records.at(service);
  // It may have ended by itself since the plan was made: then its end is told, and stays as it was.
  if (!world_.processes.contains(service)) return {};
  health_.end(service);
  record.stop_asked = true;
  record.restarting = again;
  record.next_start_ns = 0;
  record.failures = 0;
  const bool never_ran = record.state == ContainerState::starting;
  record.state = ContainerState::stopping;
  TRY(world_.state.keep(record));
  world_.tell({"Container " + record.name, "working", "Stopping", ""});
  world_.changed(service);

  hooks_.end(service);
  const Nanoseconds patience = grace.value_or(record.grace);
  if (never_ran || patience.count() == 0) return kill(service);
  TRY(let_go(record));
  auto [timer, fresh] = grace_.try_emplace(service, world_.io);
  timer->second.expires_after(patience);
  timer->second.async_wait([this, service](const boost::system::error_code& error) {
    if (error) return;
    hooks_.end(service);
    const Result<void> killed = kill(service);
    if (!killed) world_.tell({"Container " + service, "error", "Stopping", killed.error().words});
  });
  hooks_.pre_stop(service, [this, service] {
    const Result<void> asked = ask_to_end(service);
    if (!asked) world_.tell({"Container " + service, "error", "Stopping", asked.error().words});
  });
  return {};
}

// With its stop signal; the grace period has begun already.
Result<void> Containers::ask_to_end(const std::string& service) {
  const auto process = world_.processes.find(service);
  if (process == world_.processes.end()) return {};  // it was quicker
  const int number = signal_number(world_.records.at(service).stop_signal).value_or(SIGTERM);
  if (number == SIGKILL) return kill(service);
  return send_signal(process->second.pidfd, number).with(service + ": stop");
}

Result<void> Containers::signal(const std::string& service, int number) {
  const auto process = world_.processes.find(service);
  if (process == world_.processes.end()) return fault(service + " is not running");
  ContainerRecord& record = world_.records.at(service);
  TRY(note_halt(record, number));
  TRY(send_signal(process->second.pidfd, number).with(service));
  // Who is told to end is let go; any other signal waits for `unpause`, as with Docker.
  return number == signal_number(record.stop_signal) ? let_go(record) : Result<void>();
}

Result<void> Containers::kill(const std::string& service) {
  ContainerRecord& record = world_.records.at(service);
  const auto process = world_.processes.find(service);
  if (process != world_.processes.end())
    TRY(send_signal(process->second.pidfd, SIGKILL).with(service + ": kill"));
  TRY(let_go(record));
  // The end of the first process ends its pid namespace; without one of its own, the cgroup knows who belongs
  // to it.
  if (record.own_pid_namespace && process != world_.processes.end()) return {};
  return world_.cgroups->kill(world_.paths.container_cgroup(record.service)).with(service + ": kill");
}

Result<void> Containers::remove(const std::string& service) {
  ContainerRecord& record = world_.records.at(service);
  const std::string cgroup = world_.paths.container_cgroup(service);
  Result<void> removed = world_.cgroups->remove(cgroup).with(service + ": remove");
  if (!removed && removed.error().code == EBUSY) TRY(world_.cgroups->kill(cgroup).with(service + ": remove"));
  if (!removed) return removed;  // EBUSY: tried again when they have ended
  if (!world_.everything_goes)
    TRY(engine::remove_container_files(world_.paths.container_run(service),
                                       world_.paths.container_lib(service))
            .with(service + ": remove"));
  if (record.state != ContainerState::absent)
    world_.tell({"Container " + record.name, "done", "Removed", ""});
  if (!world_.desired.containers.contains(service)) {
    if (!world_.everything_goes) TRY(remove_tree(world_.paths.log_dir(service)));
    if (record.one_off) TRY(remove_traces(world_, record).with(service + ": remove"));
    TRY(world_.state.drop(service));
    world_.records.erase(service);
    return {};
  }
  // Its successor keeps the id, as it keeps the host name that lives on in the pinned uts namespace.
  ContainerRecord next;
  next.id = record.id;
  next.service = service;
  next.name = world_.desired.containers.at(service).spec->container_name;
  next.boot_id = world_.boot_id;
  next.created_ns = realtime_ns();
  const bool by_hand = record.hash == kRemovedByHand;  // there is to be none until it is asked for
  next.updated = !by_hand;
  record = std::move(next);
  return world_.state.keep(by_hand ? record : record_for(service));
}

Result<void> Containers::update(const std::string& service) {
  const DesiredContainer& want = world_.desired.containers.at(service);
  ContainerRecord& record = world_.records.at(service);
  TRY(world_.cgroups->update(world_.paths.container_cgroup(service), want.spec->resources)
          .with(service + ": update"));
  record.resources_hash = want.resources_hash;
  world_.drift.erase(object_of(UpdateResources{service}));
  world_.tell({"Container " + record.name, "done", "Updated", ""});
  return world_.state.keep(record);
}

// Whom somebody has stopped with our help is to stay so. The record first: what is stopped and not known to
// be meant is drift.
Result<void> Containers::note_halt(ContainerRecord& record, int number) {
  const bool stops = number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
  const bool halted = stops || (record.halted && number != SIGCONT);
  if (halted == record.halted) return {};
  record.halted = halted;
  return world_.state.keep(record);
}

Result<void> Containers::go_on(const std::string& service) {
  const auto process = world_.processes.find(service);
  if (process != world_.processes.end())
    TRY(send_signal(process->second.pidfd, SIGCONT).with(service + ": continue"));
  world_.drift.erase(object_of(ContinueContainer{service}));
  world_.tell({"Container " + world_.records.at(service).name, "done", "Continued", ""});
  return {};
}

std::map<std::string, ObservedContainer> Containers::observed() const {
  std::map<std::string, ObservedContainer> all;
  for (const auto& [service, record] : world_.records) all[service] = stack::observed(record);
  return all;
}

}  // namespace stack
