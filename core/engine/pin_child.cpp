#include "core/engine/pin_child.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "core/engine/report.h"
#include "core/sys/files.h"
#include "core/sys/pipes.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

struct ChildPlan {
  int user = -1;
  // Made after joining `user`, by the child and not with its clone: a network namespace is most of a
  // millisecond of the kernel's work, which several children do at once.
  unsigned unshare = 0;
  bool net = false, uts = false;
  const char* hostname = nullptr;
  const char* domainname = nullptr;
  int go = -1;
  int outcome = -1;
  int others[2] = {-1, -1};  // the parent's ends, which would keep the child from seeing its parent's death
};

void raise_loopback(int outcome) noexcept {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (socket < 0 || ::ioctl(socket, SIOCSIFFLAGS, &request) != 0) fail(outcome, "raise loopback", "");
  ::close(socket);
}

[[noreturn]] void hold(const ChildPlan& plan) noexcept {
  for (const int fd : plan.others) ::close(fd);
  if (plan.user >= 0 && ::setns(plan.user, CLONE_NEWUSER) != 0) fail(plan.outcome, "join user namespace", "");
  if (plan.unshare != 0 && ::unshare(static_cast<int>(plan.unshare)) != 0)
    fail(plan.outcome, "make namespaces", "");
  if (plan.net) raise_loopback(plan.outcome);
  if (plan.uts) {
    if (::sethostname(plan.hostname, std::strlen(plan.hostname)) != 0)
      fail(plan.outcome, "set hostname", plan.hostname);
    if (::setdomainname(plan.domainname, std::strlen(plan.domainname)) != 0)
      fail(plan.outcome, "set domainname", plan.domainname);
  }
  ::close(plan.outcome);
  char byte = 0;
  while (::read(plan.go, &byte, 1) < 0 && errno == EINTR) {
  }
  ::_exit(0);
}

unsigned flags_of(const PinPaths& paths) {
  return (paths.net.empty() ? 0U : CLONE_NEWNET) | (paths.ipc.empty() ? 0U : CLONE_NEWIPC) |
         (paths.uts.empty() ? 0U : CLONE_NEWUTS);
}

}  // namespace

PinChild::PinChild(PinChild&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      go_(std::move(other.go_)),
      outcome_(std::move(other.outcome_)) {}

PinChild::~PinChild() {
  if (pid_ < 0) return;
  go_.reset();
  // A later child of ours may hold a copy of the pipe's end, so its closing alone might not be seen.
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

Result<PinChild> PinChild::start(const PinRequest& request) {
  Pipe go = TRY(make_pipe());
  Pipe outcome = TRY(make_pipe());
  UniqueFd user;
  if (!request.new_user && !request.user.empty()) user = TRY(open_fd(request.user, O_RDONLY));

  ChildPlan plan;
  plan.user = user.get();
  const unsigned wanted = flags_of(request.paths);
  plan.unshare = wanted | (request.new_user ? CLONE_NEWUSER : 0U);
  plan.net = !request.paths.net.empty();
  plan.uts = !request.paths.uts.empty();
  plan.hostname = request.paths.hostname.c_str();
  plan.domainname = request.paths.domainname.empty() ? "(none)" : request.paths.domainname.c_str();
  plan.go = go.read.get();
  plan.outcome = outcome.write.get();
  plan.others[0] = go.write.get();
  plan.others[1] = outcome.read.get();

  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  const pid_t pid = clone3(args);
  if (pid == 0) hold(plan);
  if (pid < 0) return os_error("clone the child that is to hold new namespaces");

  PinChild child;
  child.pid_ = pid;
  child.pidfd_ = UniqueFd(pidfd);
  child.go_ = std::move(go.write);
  child.outcome_ = std::move(outcome.read);
  return child;
}

Result<void> PinChild::settled() {
  Report report;
  ssize_t n = -1;
  do n = ::read(outcome_.get(), &report, sizeof report);
  while (n < 0 && errno == EINTR);
  if (n < 0) return os_error("read from the child that holds new namespaces");
  if (n == sizeof report) return error_of(report);
  return {};
}

}  // namespace stack::engine
