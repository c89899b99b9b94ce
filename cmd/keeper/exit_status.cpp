#include "cmd/keeper/exit_status.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cmd/keeper/words.h"

namespace stack::keeper {
namespace {

// linux/pidfd.h of Linux 6.15; Debian 12's headers are older. The ioctl's number holds the struct's size, and
// the kernel takes any size from the first published one on.
struct PidfdInfo {
  std::uint64_t mask;
  std::uint64_t cgroup_id;
  std::uint32_t pid, tgid, ppid;
  std::uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
  std::int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t kPidfdInfoExit = 1u << 3;
constexpr unsigned long kPidfdGetInfo = _IOWR(0xFF, 11, PidfdInfo);

void decode(int wait_status, wire::ExitBody& exit) {
  exit.known = 1;
  exit.signaled = WIFSIGNALED(wait_status) ? 1 : 0;
  exit.status = exit.signaled != 0 ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// Field `index` of the text after the command's closing parenthesis, which may itself hold blanks and
// parentheses; the state is field 0.
std::uint64_t field(const char* at, int index) {
  for (; index > 0 && *at != '\0'; ++at)
    if (*at == ' ') --index;
  std::uint64_t number = 0;
  for (; *at >= '0' && *at <= '9'; ++at) number = number * 10 + static_cast<std::uint64_t>(*at - '0');
  return number;
}

void peek_child(const siginfo_t& info, wire::ExitBody& exit) {
  if (info.si_pid == 0) return;  // it runs
  exit.ended = 1;
  exit.known = 1;
  exit.signaled = info.si_code == CLD_EXITED ? 0 : 1;
  exit.status = info.si_status;
}

// It was the child of a keeper that died, and is now its new parent's to reap. While it is a zombie /proc
// tells its status; after that the pidfd does (PIDFD_INFO_EXIT, Linux 6.15). Asked in this order, nothing is
// missed in between.
void peek_adopted(int pidfd, pid_t pid, std::uint64_t start_time, wire::ExitBody& exit) {
  exit.ended = 1;
  ProcStat stat;
  if (read_stat(pid, stat) && stat.start_time == start_time && stat.state == 'Z')
    return decode(stat.exit_code, exit);
  PidfdInfo info{};
  info.mask = kPidfdInfoExit;
  if (::ioctl(pidfd, kPidfdGetInfo, &info) == 0 && (info.mask & kPidfdInfoExit) != 0)
    decode(info.exit_code, exit);
}

}  // namespace

bool read_stat(pid_t pid, ProcStat& stat) {
  Words<48> path;
  path << "/proc/" << static_cast<std::uint64_t>(pid) << "/stat";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char text[1024];
  const ssize_t n = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  if (n <= 0) return false;
  text[n] = '\0';
  const char* at = ::strrchr(text, ')');
  if (at == nullptr || at[1] != ' ') return false;
  at += 2;
  stat.state = *at;
  stat.start_time = field(at, 19);                   // field 22 of proc(5)
  stat.exit_code = static_cast<int>(field(at, 49));  // field 52
  return true;
}

void peek_exit(int pidfd, pid_t pid, std::uint64_t start_time, wire::ExitBody& exit) {
  siginfo_t info;
  ::memset(&info, 0, sizeof info);
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOWAIT | WNOHANG | __WALL) == 0)
    peek_child(info, exit);
  else
    peek_adopted(pidfd, pid, start_time, exit);
  if (exit.ended != 0) exit.time_ns = realtime_ns();
}

void reap(int pidfd) {
  siginfo_t info;
  // ECHILD: adopted, or reaped already.
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | __WALL) != 0 && errno != ECHILD)
    complain("reap a process", "", errno);
}

}  // namespace stack::keeper
