// Extended attributes of a layer's entries: those that an image may have an opinion on, and the mark that
// only we may set.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "specs/result.h"

namespace stack {

using Xattrs = std::vector<std::pair<std::string, std::string>>;

// File capabilities, ACLs and the user's own. trusted.* and user.overlay.* would be orders to overlayfs,
// security.* labels of another host.
bool may_come_from_image(const std::string& name);

Result<void> set_xattrs(int fd, const Xattrs& xattrs);
// Of what cannot be opened: links and nodes. What the kernel does not allow on them is left out.
Result<void> set_name_xattrs(int folder, const std::string& name, const Xattrs& xattrs);
// 0, or -1 with errno.
int set_overlay_opaque(int folder);

}  // namespace stack
