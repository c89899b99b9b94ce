// openat2(2), which glibc 2.36 has no wrapper for: a path that leads only as far as `resolve` (RESOLVE_
// flags) lets it. Close-on-exec; errno as usual.
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "core/sys/unique_fd.h"

namespace stack::volumes {

inline UniqueFd open_below(int folder, const char* path, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = resolve;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how)));
}

// The folder `name` of `folder`, for reading; EXDEV where something is mounted on it, be it a bind of the
// same file system.
inline UniqueFd open_child_folder(int folder, const char* name) {
  return open_below(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

}  // namespace stack::volumes
