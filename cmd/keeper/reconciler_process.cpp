#include "cmd/keeper/reconciler_process.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "cmd/keeper/events.h"
#include "cmd/keeper/words.h"

namespace stack::keeper {
namespace {

constexpr int kKeeperFd = 3;  // core/keeper/keeper_link.h, which needs the C++ library
constexpr int kControlFd = 4;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kFirstPause = 10 * kMillisecond;
constexpr std::int64_t kLongestPause = 5'000 * kMillisecond;
constexpr std::int64_t kLongestPauseAfterKill = 50 * kMillisecond;
constexpr std::int64_t kLongEnough = 10'000 * kMillisecond;

// The program by a detached, read-only bind mount of its own: a container that got hold of /proc/PID/exe of a
// process not yet exec'd cannot open it for writing, whoever it is (CVE-2019-5736). The path is resolved anew
// at each start, so a new version is taken at the next one. -1 where the kernel will not: then the plain path
// must do; the containers are in mount namespaces that do not hold it.
int open_read_only(const char* path) {
  const int fd =
      static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (fd < 0) return -1;
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0) return fd;
  ::close(fd);
  return -1;
}

// Above the numbers that they will get, so that dup2 never hits one of them, and never is a no-op that leaves
// CLOEXEC on.
int out_of_the_way(int fd) {
  return ::fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

[[noreturn]] void become(const ReconcilerProcess::Program& program, int control, int socket) {
  const int high_socket = out_of_the_way(socket);
  const int high_control = out_of_the_way(control);
  const int high_program = out_of_the_way(open_read_only(program.path));
  if (::dup2(high_socket, kKeeperFd) < 0 || ::dup2(high_control, kControlFd) < 0) ::_exit(126);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = program.descriptors;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));  // lowering one's own is always allowed
  }
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setenv("STACK_KEEPER", program.own_path, 1);
  ::setenv("STACK_PROGRAM", program.path, 1);  // /proc/self/exe of a detached mount has no path
  const char* const argv[] = {program.path, "reconcile", program.project, nullptr};
  if (high_program >= 0)
    ::syscall(SYS_execveat, high_program, "", const_cast<char* const*>(argv), ::environ, AT_EMPTY_PATH);
  ::execve(program.path, const_cast<char* const*>(argv), ::environ);
  complain("execute", program.path, errno);
  ::_exit(127);
}

}  // namespace

bool ReconcilerProcess::start(int control) {
  if (runs() || monotonic_ns() < due_ns_) return false;
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    complain("make a socket pair", "", errno);
    schedule();
    return false;
  }
  const bool started = spawn(control, pair[1]);
  ::close(pair[1]);
  if (started) {
    socket_ = pair[0];
    return true;
  }
  ::close(pair[0]);
  schedule();
  return false;
}

bool ReconcilerProcess::spawn(int control, int socket) {
  started_ns_ = monotonic_ns();
  // Its exit signal is SIGCHLD, and so is that of all that it clones as its siblings (clone(2),
  // CLONE_PARENT).
  const pid_t pid = ::fork();
  if (pid == 0) become(program_, control, socket);
  if (pid < 0) {
    complain("fork the reconciler", "", errno);
    return false;
  }
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // our child, so the pid is its own; CLOEXEC
  if (pidfd_ < 0) {
    complain("open the pidfd of the reconciler", "", errno);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return false;
  }
  pid_ = pid;
  return true;
}

void ReconcilerProcess::resume(pid_t pid, int pidfd, int socket) {
  pid_ = pid;
  pidfd_ = pidfd;
  socket_ = socket;
  started_ns_ = monotonic_ns();
}

void ReconcilerProcess::bury() {
  siginfo_t info{};
  const bool reaped = ::waitid(P_PIDFD, static_cast<id_t>(pidfd_), &info, WEXITED | __WALL) == 0;
  events::remove(pidfd_);
  ::close(pidfd_);
  if (socket_ >= 0) {
    events::remove(socket_);
    ::close(socket_);
  }
  pid_ = pidfd_ = socket_ = -1;
  if (monotonic_ns() - started_ns_ >= kLongEnough) pause_ns_ = 0;
  schedule();
  // Somebody killed it, so it has not failed by itself: a long pause would help nobody.
  const bool killed = reaped && info.si_code == CLD_KILLED && info.si_status == SIGKILL;
  if (killed && pause_ns_ > kLongestPauseAfterKill) {
    pause_ns_ = kLongestPauseAfterKill;
    due_ns_ = monotonic_ns() + pause_ns_;
  }
}

// At once, then after 10 ms, 20 ms, ... 5 s.
void ReconcilerProcess::schedule() {
  due_ns_ = monotonic_ns() + pause_ns_;
  pause_ns_ = pause_ns_ == 0 ? kFirstPause : pause_ns_ * 2 < kLongestPause ? pause_ns_ * 2 : kLongestPause;
}

void ReconcilerProcess::signal(int number) const {
  // ESRCH: it is dead, and about to be buried.
  if (runs() && ::syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0) != 0 && errno != ESRCH)
    complain("signal the reconciler", "", errno);
}

int ReconcilerProcess::timeout_ms() const {
  if (runs()) return -1;
  const std::int64_t left = due_ns_ - monotonic_ns();
  return left <= 0 ? 0 : static_cast<int>(left / kMillisecond) + 1;
}

}  // namespace stack::keeper
