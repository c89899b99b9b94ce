// A tree with everything that it is: types, owners, modes, times, xattrs, hard links and holes.
#pragma once

#include "specs/result.h"

namespace stack::volumes {

// What is in the folder `from` into the empty folder `to`, which becomes like `from` itself. Neither a
// symlink nor a mount of `from` is followed; special files are made anew, never opened. Whiteouts of
// overlayfs, its own xattrs and SELinux labels are left out. `from` must not change meanwhile, and nobody
// else may write in `to`. Expects umask 0 and /proc.
Result<void> copy_tree(int from, int to);

}  // namespace stack::volumes
