#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/engine/child.h"
#include "core/engine/report.h"

namespace stack::engine {
namespace {

// Reaps all there is to reap; ends with the program's own end, as a shell would report it.
void reap(pid_t program) noexcept {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    if (pid != program) continue;
    ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  }
}

[[noreturn]] void be_init(pid_t program, const sigset_t& all) noexcept {
  // Blocked signals reach even pid 1, for which those with the default action would be dropped
  // (kernel/signal.c, sig_task_ignored); taking them one by one needs no handler.
  for (;;) {
    siginfo_t info{};
    const int number = ::sigwaitinfo(&all, &info);
    if (number < 0) continue;
    if (number == SIGCHLD)
      reap(program);
    else
      ::kill(program, number);
  }
}

}  // namespace

void split_off_init(int outcome) noexcept {
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &all, nullptr) != 0) fail(outcome, "block signals for init", "");
  // Where the pid namespace is another's we are not its pid 1, yet the orphans of this container are to be
  // reaped here.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  // Raw: glibc's fork takes locks that the parent may have held when this memory was copied.
  const long pid = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid < 0) fail(outcome, "fork init", "");
  if (pid == 0) {
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    return;
  }
  ::prctl(PR_SET_NAME, "init", 0, 0, 0);
  // The report pipe too: the parent waits for its last writer, the program, to exec. 0 to 2 too: whoever
  // reads the program's output is to see its end.
  ::close_range(0, ~0U, 0);
  be_init(static_cast<pid_t>(pid), all);
}

}  // namespace stack::engine
