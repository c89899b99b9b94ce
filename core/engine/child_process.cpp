#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/engine/child.h"
#include "core/engine/report.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

constexpr int kLastCapability = 63;
constexpr std::uint64_t kSysAdminBit = 1ULL << CAP_SYS_ADMIN;

void write_file(int outcome, const char* path, const std::string& value, const char* step) noexcept {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, value.data(), value.size()) != static_cast<ssize_t>(value.size()))
    fail(outcome, step, path);
  ::close(fd);
}

// What a supervisor ignores or blocks is not what a program expects (signal(7): both survive exec).
void reset_signals() noexcept {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  // SIGKILL, SIGSTOP and the two that belong to libc refuse, which is as it should be.
  for (int number = 1; number <= SIGRTMAX; ++number) ::sigaction(number, &plain, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void await_release(const ProcessPlan& plan) noexcept {
  char byte = 0;
  ssize_t n = -1;
  do n = ::read(plan.go, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n != 1) ::_exit(kNotReleased);  // the parent is gone or has thought better of it
}

void place_stdio(const ProcessPlan& plan) noexcept {
  int sources[3];
  for (int i = 0; i < 3; ++i) {
    // Out of the way first: one may be another's place.
    sources[i] = plan.stdio[i] > 2 ? plan.stdio[i] : ::fcntl(plan.stdio[i], F_DUPFD_CLOEXEC, 3);
    if (sources[i] < 0) fail(plan.outcome, "duplicate standard descriptor", "");
  }
  for (int i = 0; i < 3; ++i)
    if (::dup2(sources[i], i) < 0) fail(plan.outcome, "place standard descriptor", "");
  if (plan.has_terminal && ::ioctl(0, TIOCSCTTY, 0) != 0) fail(plan.outcome, "take controlling terminal", "");
}

void set_capabilities(int outcome, std::uint64_t held) noexcept {
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = static_cast<std::uint32_t>(held);
  data[1].effective = data[1].permitted = static_cast<std::uint32_t>(held >> 32);
  if (::syscall(SYS_capset, &header, &data) != 0) fail(outcome, "set capabilities", "");
}

void load_seccomp(const ProcessPlan& plan) noexcept {
  if (plan.seccomp == nullptr) return;
  sock_fprog program{};
  program.len = static_cast<unsigned short>(plan.seccomp->size());
  program.filter = const_cast<sock_filter*>(plan.seccomp->data());  // the kernel only reads it
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
    fail(plan.outcome, "load seccomp filter", "");
}

// A working directory outside of the root would be a way back out (CVE-2024-21626): the kernel marks it
// "(unreachable)".
void enter_working_dir(const ProcessPlan& plan) noexcept {
  const char* path = plan.working_dir.c_str();
  if (::chdir(path) != 0) fail(plan.outcome, "enter working_dir", path);
  char where[4096];
  if (::syscall(SYS_getcwd, where, sizeof where) < 0 || where[0] != '/')
    fail(plan.outcome, "enter working_dir", path, ENOENT);
}

// Chosen before the filter is loaded, which may forbid looking. A path that runs over a magic link
// (/proc/self/exe) is our own program on the host, and is refused (CVE-2019-5736).
const char* choose_program(const ProcessPlan& plan) noexcept {
  int code = ENOENT;
  for (const std::string& program : plan.programs) {
    const int fd = openat2(AT_FDCWD, program.c_str(), O_PATH, RESOLVE_NO_MAGICLINKS);
    if (fd < 0) {
      if (errno == ELOOP || errno == EACCES) code = errno;
      continue;
    }
    struct stat st {};
    const bool regular = ::fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    ::close(fd);
    if (regular && ::access(program.c_str(), X_OK) == 0) return program.c_str();
    code = EACCES;
  }
  const bool searched = plan.argv[0].find('/') == std::string::npos;
  fail(plan.outcome, searched ? "find in PATH command" : "find command", plan.argv[0].c_str(), code);
}

}  // namespace

void enter(const ProcessPlan& plan) noexcept {
  for (const int fd : plan.parents_ends) ::close(fd);
  // From here to exec our memory is the reconciler's: nobody in the container is to look into it, by ptrace
  // or /proc.
  ::prctl(PR_SET_DUMPABLE, 0);
  reset_signals();
  await_release(plan);
  for (const UniqueFd& tasks : plan.cgroup_tasks)
    if (::write(tasks.get(), "0", 1) != 1) fail(plan.outcome, "enter cgroup", "");
  // EPERM: already a group leader, which a fresh child never is.
  if (::setsid() < 0) fail(plan.outcome, "make a session", "");
  write_file(plan.outcome, "/proc/self/oom_score_adj", plan.oom_score_adj, "set oom_score_adj");
  // Takes effect at the next exec. Written here, where /proc is the host's and no container's make-believe
  // (CVE-2025-52881).
  if (!plan.label.empty()) write_file(plan.outcome, "/proc/self/attr/exec", plan.label, "set SELinux label");
  ::umask(022);
}

void shed(const ProcessPlan& plan, const int* kept, int count) noexcept {
  place_stdio(plan);
  unsigned next = 3;
  // Closes the gaps between what is kept, in ascending order, without sorting in place what is const.
  for (;;) {
    unsigned lowest = ~0U;
    const auto consider = [&](int fd) {
      if (fd >= 0 && static_cast<unsigned>(fd) >= next && static_cast<unsigned>(fd) < lowest)
        lowest = static_cast<unsigned>(fd);
    };
    for (int i = 0; i < count; ++i) consider(kept[i]);
    consider(plan.outcome);
    if (lowest > next && ::close_range(next, lowest - 1U, 0) != 0)
      fail(plan.outcome, "close descriptors", "");
    if (lowest == ~0U) break;
    next = lowest + 1;
  }
  for (const Rlimit& limit : plan.rlimits)
    if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &limit.value) != 0)
      fail(plan.outcome, "set ulimit", limit.name.c_str());
}

void join_user_namespace(const ProcessPlan& plan) noexcept {
  if (!plan.user_ns.valid()) return;
  if (::setns(plan.user_ns.get(), CLONE_NEWUSER) != 0) fail(plan.outcome, "join user namespace", "");
}

void take_identity(const ProcessPlan& plan) noexcept {
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    if (((plan.bounding >> capability) & 1) != 0) continue;
    // EINVAL: beyond the last that this kernel knows.
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL)
      fail(plan.outcome, "limit capabilities", "");
  }
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) fail(plan.outcome, "keep capabilities", "");
  const Identity& who = plan.identity;
  // The raw calls: glibc's would tell its other threads, which this child has not got.
  if (::syscall(SYS_setgroups, who.groups.size(), who.groups.data()) != 0)
    fail(plan.outcome, "set groups", "");
  if (::syscall(SYS_setresgid, who.gid, who.gid, who.gid) != 0) fail(plan.outcome, "set group of user", "");
  if (::syscall(SYS_setresuid, who.uid, who.uid, who.uid) != 0) fail(plan.outcome, "set user", "");
  // A change of uid or gid resets it to /proc/sys/fs/suid_dumpable.
  ::prctl(PR_SET_DUMPABLE, 0);
  if (!plan.no_new_privileges && plan.seccomp != nullptr) {
    // Without no_new_privs a filter takes CAP_SYS_ADMIN, which is gone for good after this.
    set_capabilities(plan.outcome, plan.permitted | kSysAdminBit);
    load_seccomp(plan);
  }
  set_capabilities(plan.outcome, plan.permitted);
  if (::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) fail(plan.outcome, "drop capabilities at exec", "");
}

void run_program(ProcessPlan& plan) noexcept {
  enter_working_dir(plan);
  const char* program = choose_program(plan);
  if (plan.no_new_privileges) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(plan.outcome, "set no_new_privs", "");
    load_seccomp(plan);
  }
  if (plan.init) {
    plan.argv_c[1] = const_cast<char*>(program);  // execve(2) does not write to its arguments
    ::syscall(SYS_execveat, plan.init.get(), "", plan.argv_c.data(), plan.environment_c.data(),
              AT_EMPTY_PATH);
    fail(plan.outcome, "execute init for", program);
  }
  ::execve(program, plan.argv_c.data(), plan.environment_c.data());
  fail(plan.outcome, "execute", program);
}

}  // namespace stack::engine
