// Single files and folders of the host made the same in a container, and removed from it: for who watches
// them. What the container has laid in the way leads nowhere else (core/copy/tree.h, tree_sink.h).
#pragma once

#include <string>

#include "core/copy/entry.h"
#include "core/copy/tree.h"
#include "specs/result.h"

namespace stack::copy {

// `target` of the container becomes what `source`, an absolute path of the host, is now: a file or symlink
// with its content, a folder without what is in it, or nothing. Folders on the way to it are made; what is of
// another kind is removed first. Done as the container's root, whose all of it is.
Result<void> mirror(const Tree& container, const std::string& source, const std::string& target,
                    const LeftOut& left_out);

}  // namespace stack::copy
