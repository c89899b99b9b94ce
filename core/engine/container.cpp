#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "core/engine/child.h"
#include "core/engine/clone.h"
#include "core/engine/own_program.h"
#include "core/engine/prepare.h"
#include "core/engine/report.h"
#include "core/engine/terminal.h"
#include "core/sys/files.h"
#include "specs/effective.h"

namespace stack::engine {
namespace {

// A terminal of the container's own, whose output goes to its log; of a one-off's, the master goes to its
// client.
bool has_console(const ContainerLaunch& launch) {
  return launch.service->tty.value_or(false) && launch.pty < 0;
}

Result<ProcessPlan> plan_process(const ContainerLaunch& launch) {
  ProcessInput input;
  input.service = launch.service;
  input.argv = argv_of(*launch.service);
  input.user = launch.service->user;
  input.working_dir = launch.service->working_dir;
  input.hostname = launch.hostname;
  input.tty = has_console(launch) || launch.pty >= 0;
  input.cgroup = &launch.cgroup;
  input.capabilities = &launch.capabilities;
  input.seccomp = launch.seccomp;
  input.labels = &launch.labels;
  if (!input.tty) input.stdio = launch.stdio;
  input.base = launch.user_ns.empty() ? 0 : launch.ids.base;
  input.count = launch.user_ns.empty() ? ~0U : launch.ids.count;
  input.name_roots = name_roots(*launch.service, launch.state_dir, launch.layers);
  ProcessPlan plan = TRY(prepare_process(input));
  if (launch.service->init.value_or(false)) plan.init = TRY(open_read_only_program(launch.init_program));
  if (!launch.user_ns.empty()) plan.user_ns = TRY(open_fd(launch.user_ns, O_RDONLY));
  return plan;
}

[[noreturn]] void run_child(ProcessPlan& process, const RootPlan& root, int pty) noexcept {
  enter(process);
  build_root(root, process.outcome);
  const int kept[] = {process.user_ns.get(), process.init.get(), pty};
  shed(process, kept, 3);
  join_user_namespace(process);
  if (root.may_mount && ::unshare(CLONE_NEWNS) != 0) fail(process.outcome, "make mount namespace", "");
  take_identity(process);
  if (pty >= 0) open_terminal(pty, process.outcome);
  run_program(process);
}

// The terminal in place of the standard descriptors; the slave is to stay open until the child has it.
Result<Terminal> give_terminal(const ContainerLaunch& launch, ProcessPlan& process, RootPlan& root) {
  if (!has_console(launch)) return Terminal();
  constexpr unsigned kTtyGroup = 5;
  Terminal terminal =
      TRY(make_terminal(root.base_id + process.identity.uid, root.base_id + kTtyGroup, launch.labels.mount));
  for (int& fd : process.stdio) fd = terminal.slave.get();
  process.has_terminal = true;
  root.terminals = std::move(terminal.mount);
  return terminal;
}

}  // namespace

Result<Pending> start_container(const ContainerLaunch& launch) {
  ProcessPlan process = TRY(plan_process(launch));
  RootPlan root = TRY(prepare_root(launch, process.user_ns));
  Terminal terminal = TRY(give_terminal(launch, process, root));
  Lines lines = TRY(open_lines(process));
  process.point();

  CloneRequest request;
  request.flags = launch.pid_ns < 0 && !launch.host_pid ? CLONE_NEWPID : 0U;
  request.cgroup = launch.cgroup.into.get();
  request.pid_ns = launch.pid_ns;
  Cloned cloned = TRY(clone_sibling(request));
  if (cloned.pid == 0) run_child(process, root, launch.pty);
  Pending pending = make_pending(std::move(cloned), std::move(lines));
  pending.terminal = std::move(terminal.master);
  return pending;
}

}  // namespace stack::engine
