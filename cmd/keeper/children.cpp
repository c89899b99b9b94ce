#include "cmd/keeper/children.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "cmd/keeper/exit_status.h"
#include "cmd/keeper/processes.h"
#include "cmd/keeper/words.h"

namespace stack::keeper::children {
namespace {

constexpr std::uint64_t kTicksASecond = 100;  // USER_HZ, which is 100 on every architecture that we run on
constexpr std::uint64_t kGraceTicks = 10 * kTicksASecond;

std::uint64_t ticks_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kTicksASecond +
         static_cast<std::uint64_t>(now.tv_nsec) / 10'000'000;
}

template <typename Visit>
void for_each_child(Visit visit) {
  const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  // Without CONFIG_PROC_CHILDREN such children stay as zombies until we end, and do no other harm.
  if (fd < 0) return;
  char text[512];
  pid_t pid = 0;
  for (ssize_t n = ::read(fd, text, sizeof text); n > 0; n = ::read(fd, text, sizeof text)) {
    for (ssize_t i = 0; i < n; ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        pid = pid * 10 + (text[i] - '0');
        continue;
      }
      if (pid > 0) visit(pid);
      pid = 0;
    }
  }
  ::close(fd);
}

}  // namespace

// A pid of a child that has not been reaped cannot be anybody else's.
void kill_unwatched() {
  for_each_child([](pid_t pid) {
    if (processes::is_watched(pid)) return;
    if (::kill(pid, SIGKILL) != 0) complain("kill a child that nobody watches", "", errno);
  });
}

void reap_unwatched(pid_t reconciler) {
  ProcStat own;
  const bool lives = reconciler > 0 && read_stat(reconciler, own);
  const std::uint64_t now = ticks_since_boot();
  for_each_child([&](pid_t pid) {
    if (pid == reconciler || processes::is_watched(pid)) return;
    ProcStat stat;
    if (!read_stat(pid, stat) || stat.state != 'Z') return;
    const bool of_this_reconciler = lives && stat.start_time > own.start_time;
    if (of_this_reconciler && now - stat.start_time < kGraceTicks) return;
    ::waitpid(pid, nullptr, WNOHANG | __WALL);  // ECHILD: just gone
  });
}

}  // namespace stack::keeper::children
