#include "cmd/keeper/init.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "cmd/keeper/words.h"

namespace stack::keeper {
namespace {

// As a shell says that it could not execute a command.
constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;

// Reaps all there is to reap; ends with the program's own end, as a shell would report it.
void reap(pid_t program) {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    if (pid != program) continue;
    ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  }
}

[[noreturn]] void execute(char** argv) {
  ::execve(argv[0], argv + 1, environ);
  const int code = errno;
  complain("init: execute", argv[0], code);
  ::_exit(code == ENOENT ? kNotFound : kNotExecutable);
}

}  // namespace

int run_init(char** argv) {
  if (argv[1] == nullptr || argv[2] == nullptr) {
    complain("usage: init PROGRAM ARGV0 [ARGUMENT...]", "", 0);
    return kNotExecutable;
  }
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  // Where the pid namespace is another's we are not its pid 1, yet the orphans of this container are to be
  // reaped here.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  ::prctl(PR_SET_NAME, kInitName, 0, 0, 0);
  const pid_t program = ::fork();
  if (program < 0) {
    complain("init: fork", "", errno);
    return kNotExecutable;
  }
  if (program == 0) {
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    execute(argv + 1);
  }
  // 0 to 2 too: whoever reads the program's output is to see its end.
  ::close_range(0, ~0U, 0);
  // Blocked signals reach even pid 1, for which those with the default action would be dropped
  // (kernel/signal.c, sig_task_ignored); taking them one by one needs no handler.
  for (;;) {
    siginfo_t info{};
    const int number = ::sigwaitinfo(&all, &info);
    if (number < 0) continue;
    // The kernel's own (Ctrl-C on a terminal, its end, a new window size) went to all of the session's group,
    // so the program has it already.
    if (number == SIGCHLD)
      reap(program);
    else if (info.si_code != SI_KERNEL)
      ::kill(program, number);
  }
}

}  // namespace stack::keeper
