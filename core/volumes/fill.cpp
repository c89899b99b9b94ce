#include "core/volumes/fill.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "core/sys/descriptor_limit.h"
#include "core/sys/descriptors.h"
#include "core/sys/files.h"
#include "core/sys/outcome.h"
#include "core/sys/pipes.h"
#include "core/sys/signals.h"
#include "core/volumes/copy_tree.h"
#include "core/volumes/image_root.h"
#include "specs/utf8.h"

namespace stack::volumes {
namespace {

Result<void> fill_here(const Filling& filling, const std::string& draft) {
  if (::unshare(CLONE_NEWNS) != 0) return os_error("make a mount namespace");
  // Nothing mounted from here on is to show on the host.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return os_error("make mounts private");
  const UniqueFd data = TRY(open_fd(draft + "/data", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  const UniqueFd root = TRY(mount_image(filling.layers, draft));
  const UniqueFd folder = TRY(open_image_folder(root.get(), filling.folder));
  if (!folder) return {};
  return copy_tree(folder.get(), data.get()).with("copy \"" + filling.folder + "\" of the image");
}

// What the parent does at a signal is not for the child to do again.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void send(int outcome, const Result<void>& result) {
  std::string text = outcome_text(result);
  text.resize(std::min<std::size_t>(text.size(), 4096));  // PIPE_BUF: in one piece
  // Without a reader the exit status has to do.
  static_cast<void>(::write(outcome, text.data(), text.size()));
}

// glibc makes allocation safe in the child of a process with threads (fork(3) takes malloc's locks), and
// nothing else here takes a lock.
[[noreturn]] void run_child(const Filling& filling, const std::string& draft, int lock, int outcome,
                            pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before
  reset_signals();
  close_all_but({lock, outcome});  // locks of the parent's other threads must not be held on here
  raise_descriptor_limit();
  ::umask(0);
  const Result<void> result = fill_here(filling, draft);
  send(outcome, result);
  ::_exit(result ? 0 : 1);
}

Result<void> outcome_of(const std::string& report, int status) {
  const auto outcome = parse_outcome(report);
  if (!outcome)
    return fault("the process that fills it " + (WIFSIGNALED(status)
                                                     ? "was killed by " + signal_name(WTERMSIG(status))
                                                     : "ended with " + std::to_string(WEXITSTATUS(status))));
  if (outcome->ok()) return {};
  return Error{outcome->error().code, printable(outcome->error().words)};
}

// So that no handler of the parent's runs in the child before it has its own.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

Result<void> fill(const Filling& filling, const std::string& draft, int lock) {
  Pipe outcome = TRY(make_pipe());
  const pid_t parent = ::getpid();
  pid_t child = -1;
  {
    const BlockedSignals blocked;
    child = ::fork();
    if (child == 0) run_child(filling, draft, lock, outcome.write.get(), parent);
  }
  if (child < 0) return os_error("start a process to fill it");
  outcome.write.reset();
  const std::string report = read_to_end(outcome.read.get());
  int status = 0;
  // Where the whole program waits for any child, it may have been taken: the report says enough.
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return outcome_of(report, status);
}

}  // namespace stack::volumes
