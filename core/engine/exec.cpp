#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/engine/child.h"
#include "core/engine/clone.h"
#include "core/engine/prepare.h"
#include "core/engine/report.h"
#include "core/sys/files.h"

namespace stack::engine {
namespace {

struct ExecPlan {
  UniqueFd container;
  unsigned namespaces = 0;
  int pty = -1;  // socket on which the master is sent
  int parents_pty = -1;
};

Result<ProcessPlan> plan_process(const ExecLaunch& launch) {
  ProcessInput input;
  input.service = launch.service;
  input.argv = launch.argv;
  input.environment = launch.environment;
  input.user = launch.user.empty() ? launch.service->user : launch.user;
  input.working_dir = launch.working_dir.empty() ? launch.service->working_dir : launch.working_dir;
  input.hostname = launch.service->hostname;
  input.tty = launch.tty;
  input.cgroup = &launch.cgroup;
  input.capabilities = &launch.capabilities;
  input.seccomp = launch.seccomp;
  input.labels = &launch.labels;
  if (!launch.tty) input.stdio = launch.stdio;
  input.base = launch.user_ns.empty() ? 0 : launch.ids.base;
  input.count = launch.user_ns.empty() ? ~0U : launch.ids.count;
  input.name_roots = name_roots(*launch.service, launch.state_dir, launch.layers);
  return prepare_process(input);
}

[[noreturn]] void run_child(ProcessPlan& process, const ExecPlan& exec) noexcept {
  if (exec.parents_pty >= 0) ::close(exec.parents_pty);
  enter(process);
  const int kept[] = {exec.container.get(), exec.pty};
  shed(process, kept, 2);
  // All at once: the kernel checks our rights in every one before it changes any.
  if (::setns(exec.container.get(), static_cast<int>(exec.namespaces)) != 0)
    fail(process.outcome, "join the container", "");
  ::close(exec.container.get());
  take_identity(process);
  if (exec.pty >= 0) open_terminal(exec.pty, process.outcome);
  run_program(process);
}

}  // namespace

Result<Pending> start_exec(const ExecLaunch& launch) {
  ProcessPlan process = TRY(plan_process(launch));
  ExecPlan exec;
  exec.container = UniqueFd(::fcntl(launch.container, F_DUPFD_CLOEXEC, 3));
  if (!exec.container) return os_error("duplicate the container's descriptor");
  // The user namespace that one is in already cannot be joined again (user_namespaces(7)).
  exec.namespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
                    (launch.user_ns.empty() ? 0U : static_cast<unsigned>(CLONE_NEWUSER));
  UniqueFd ours;
  UniqueFd theirs;
  if (launch.tty) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
      return os_error("make a socket pair");
    ours = UniqueFd(pair[0]);
    theirs = UniqueFd(pair[1]);
    exec.pty = theirs.get();
    exec.parents_pty = ours.get();
  }
  Lines lines = TRY(open_lines(process));
  process.point();

  CloneRequest request;
  request.cgroup = launch.cgroup.into.get();
  request.pid_ns = launch.container;
  Cloned cloned = TRY(clone_sibling(request));
  if (cloned.pid == 0) run_child(process, exec);
  Pending pending = make_pending(std::move(cloned), std::move(lines));
  pending.pty = std::move(ours);
  return pending;
}

}  // namespace stack::engine
