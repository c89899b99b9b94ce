// System calls that glibc 2.36 has no wrapper for. Each sets errno as wrappers do, allocates nothing and
// takes no lock, so that the child after clone3 may call them.
#pragma once

#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>

namespace stack {

inline pid_t clone3(clone_args& args) noexcept {
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

// `resolve` is a set of RESOLVE_ flags: how far a path may lead (openat2(2)).
inline int openat2(int folder, const char* path, int flags, std::uint64_t resolve, mode_t mode = 0) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags) | 02000000U /* O_CLOEXEC */);
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how));
}

inline int pivot_root(const char* new_root, const char* put_old) noexcept {
  return static_cast<int>(::syscall(SYS_pivot_root, new_root, put_old));
}

// glibc 2.36 has these two, but declares them without extern "C".
inline int pidfd_open(pid_t pid) noexcept {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}
inline int pidfd_send_signal(int pidfd, int number) noexcept {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0));
}

}  // namespace stack
