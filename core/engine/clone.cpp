#include "core/engine/clone.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/engine/report.h"
#include "core/sys/files.h"
#include "core/sys/syscalls.h"

namespace stack::engine {

Result<Lines> open_lines(ProcessPlan& plan) {
  Lines lines{TRY(make_pipe()), TRY(make_pipe())};
  plan.go = lines.go.read.get();
  plan.outcome = lines.outcome.write.get();
  plan.parents_ends[0] = lines.go.write.get();
  plan.parents_ends[1] = lines.outcome.read.get();
  return lines;
}

Result<Cloned> clone_sibling(const CloneRequest& request) {
  UniqueFd own;
  if (request.pid_ns >= 0) {
    own = TRY(open_fd("/proc/self/ns/pid", O_RDONLY));
    // Only for children to come: our own pid stays what it is (pid_namespaces(7)).
    if (::setns(request.pid_ns, CLONE_NEWPID) != 0) return os_error("join pid namespace");
  }
  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_PARENT | CLONE_PIDFD | request.flags;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  if (request.cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(request.cgroup);
  }
  const pid_t pid = clone3(args);
  if (pid == 0) return Cloned{0, UniqueFd()};
  const int code = errno;
  Cloned cloned{pid, UniqueFd(pidfd)};
  if (own && ::setns(own.get(), CLONE_NEWPID) != 0) {
    const Error error = os_error("return to our own pid namespace");
    if (cloned.pidfd) pidfd_send_signal(cloned.pidfd.get(), SIGKILL);
    return error;
  }
  if (pid < 0) return os_error("clone", code);
  return cloned;
}

Pending make_pending(Cloned cloned, Lines lines) {
  Pending pending;
  pending.pid = cloned.pid;
  pending.pidfd = std::move(cloned.pidfd);
  pending.go = std::move(lines.go.write);
  pending.outcome = std::move(lines.outcome.read);
  return pending;
}

Result<void> release(Pending& pending) {
  const char byte = 1;
  if (::write(pending.go.get(), &byte, 1) != 1) return os_error("release the process");
  pending.go.reset();
  return {};
}

Result<void> outcome(Pending& pending) {
  Report report;
  ssize_t n = -1;
  do n = ::read(pending.outcome.get(), &report, sizeof report);
  while (n < 0 && errno == EINTR);
  if (n < 0) return os_error("read how the start went");
  if (n == sizeof report) return error_of(report);
  return {};
}

}  // namespace stack::engine
