#include "core/reconcile/exec_sessions.h"

#include <fcntl.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/reconcile/exec_launch.h"
#include "core/reconcile/process_identity.h"
#include "core/sys/descriptors.h"
#include "specs/one_off.h"
#include "specs/replicas.h"

namespace stack {
namespace {

using nlohmann::json;

constexpr char kPrefix[] = "exec/";

int shell_code(const keeper::Exit& exit) {
  return exit.signaled ? 128 + exit.status : exit.status;
}

}  // namespace

void ExecSessions::begin(const std::shared_ptr<Session>& session, const json& request,
                         const std::vector<UniqueFd>& stdio) {
  const std::string id = std::to_string(realtime_ns()) + "-" + std::to_string(next_++);
  execs_[id] = std::make_unique<Exec>(world_.io);
  execs_[id]->session = session;
  const Result<void> started = start(id, request, stdio);
  if (started) return;
  execs_.erase(id);
  session->result(started.error().code == ENOENT ? 127 : 126, started.error().words);
}

Result<void> ExecSessions::start(const std::string& id, const json& request,
                                 const std::vector<UniqueFd>& stdio) {
  const std::string service = request.value("service", "");
  const auto process = world_.processes.find(service);
  const auto want = world_.desired.containers.find(service);
  const auto record = world_.records.find(service);
  if (want == world_.desired.containers.end() && is_replica(service))
    return fault("service \"" + service_behind(service) + "\" has no container number " +
                 std::to_string(number_of(service)));
  if (want == world_.desired.containers.end()) return fault("no service \"" + service + "\"");
  if (process == world_.processes.end() || record->second.state != ContainerState::running)
    return fault("\"" + service + "\" is not running");
  if (record->second.paused)
    return fault("\"" + service + "\" is paused: let it go on with \"stack unpause " + service + "\"");
  const bool tty = request.value("tty", false);
  if (!tty && stdio.size() != 3) return fault("exec without a tty needs three descriptors");

  engine::ExecLaunch launch =
      TRY(exec_launch(world_, *want->second.spec,
                      request.value("privileged", false) ? Privileges::all : Privileges::of_service));
  launch.argv = request.value("argv", std::vector<std::string>{});
  if (launch.argv.empty()) return fault("no command to execute");
  launch.environment = request.value("env", std::vector<std::string>{});
  launch.user = request.value("user", "");
  launch.working_dir = request.value("working_dir", "");
  launch.tty = tty;
  if (!tty) launch.stdio = {stdio[0].get(), stdio[1].get(), stdio[2].get()};
  Exec& exec = *execs_.at(id);
  exec.pending = TRY(engine::start_exec(launch));

  keeper::Watch watch;
  watch.name = kPrefix + id;
  watch.pid = exec.pending.pid;
  watch.start_time = TRY(start_time_of(exec.pending.pid));
  TRY(world_.keeper->watch(watch, exec.pending.pidfd.get(), -1, -1));
  TRY(engine::release(exec.pending));
  await_start(id, tty);
  return {};
}

void ExecSessions::await_start(const std::string& id, bool tty) {
  Exec& exec = *execs_.at(id);
  const int fd = ::fcntl(exec.pending.outcome.get(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return;  // its exit tells the rest
  exec.descriptor = std::make_unique<boost::asio::posix::stream_descriptor>(world_.io, fd);
  exec.descriptor->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                              [this, id, tty](const boost::system::error_code& error) {
                                if (!error) started(id, tty);
                              });
}

void ExecSessions::started(const std::string& id, bool tty) {
  const auto it = execs_.find(id);
  if (it == execs_.end() || !it->second->descriptor) return;
  Exec& exec = *it->second;
  exec.descriptor.reset();
  const Result<void> outcome = engine::outcome(exec.pending);
  if (!outcome) {
    exec.fault = outcome.error().words;
    if (exec.exit) answer(id);
    return;
  }
  if (const auto session = exec.session.lock()) {
    UniqueFd master = tty ? receive_descriptor(exec.pending.pty.get()) : UniqueFd();
    session->send({{"event", "started"}, {"exec", id}}, std::move(master));
  }
  exec.pending = {};
  if (exec.exit) answer(id);
}

bool ExecSessions::exited(const keeper::Exit& exit) {
  if (!exit.name.starts_with(kPrefix)) return false;
  const std::string id = exit.name.substr(sizeof kPrefix - 1);
  auto& exec = execs_[id];
  if (!exec) exec = std::make_unique<Exec>(world_.io);
  exec->exit = exit;
  if (exec->descriptor)
    started(id, exec->pending.pty.valid());
  else
    answer(id);
  return true;
}

void ExecSessions::adopt(const keeper::Inventory::Watched& watched) {
  const std::string id = watched.watch.name.substr(sizeof kPrefix - 1);
  execs_[id] = std::make_unique<Exec>(world_.io);
  if (watched.exit) exited(*watched.exit);
}

void ExecSessions::wait(const std::shared_ptr<Session>& session, const std::string& id) {
  const auto it = execs_.find(id);
  if (it == execs_.end()) return session->result(1, "no exec \"" + id + "\"");
  it->second->session = session;
  if (it->second->exit) answer(id);
}

void ExecSessions::answer(const std::string& id) {
  Exec& exec = *execs_.at(id);
  const auto session = exec.session.lock();
  if (session && session->open()) {
    if (!exec.fault.empty())
      session->result(exec.exit->status, exec.fault);
    else if (!exec.exit->known)
      session->result(255, "the exit code is unknown");
    else
      session->result(shell_code(*exec.exit));
    return forget(id);
  }
  // Its client may be on the way back (this reconciler may be new): the status is kept for a while, but not
  // by the zombie, for which the end of the whole pid namespace would wait (zap_pid_ns_processes in
  // kernel/pid_namespace.c).
  acknowledge(id);
  exec.timer.expires_after(std::chrono::minutes(1));
  exec.timer.async_wait([this, id](const boost::system::error_code& error) {
    if (!error) forget(id);
  });
}

void ExecSessions::acknowledge(const std::string& id) {
  Exec& exec = *execs_.at(id);
  if (!exec.exit || std::exchange(exec.acknowledged, true)) return;
  // A failure here means that the keeper is dead; its successor will report the exit again, to no harm.
  static_cast<void>(world_.keeper->acknowledge(kPrefix + id, exec.exit->pid));
}

void ExecSessions::forget(const std::string& id) {
  if (!execs_.contains(id)) return;
  acknowledge(id);
  execs_.erase(id);
}

}  // namespace stack
