// openat2(2) with an owner: a path that leads only as far as `resolve` (RESOLVE_ flags) lets it. Invalid,
// with errno, where it fails.
#pragma once

#include <fcntl.h>

#include <cstdint>

#include "core/sys/syscalls.h"
#include "core/sys/unique_fd.h"

namespace stack {

inline UniqueFd open_below(int folder, const char* path, int flags, std::uint64_t resolve) {
  return UniqueFd(openat2(folder, path, flags, resolve));
}

// The folder `name` of `folder`, for reading; EXDEV where something is mounted on it, be it a bind of the
// same file system.
inline UniqueFd open_child_folder(int folder, const char* name) {
  return open_below(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

}  // namespace stack
