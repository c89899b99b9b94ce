// rm -rf of what a hostile container has written: of any depth, and never into what is mounted within.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack::volumes {

// The folder at `path` and all in it; none is no error. Unlike remove_tree it takes few descriptors however
// deep the tree is, and a bind mount of the same file system stops it (an error, nothing behind it is
// touched).
Result<void> erase_tree(const std::string& path);

}  // namespace stack::volumes
