#include "core/images/layer_xattrs.h"

#include <sys/xattr.h>

#include <cerrno>

#include "core/sys/overlayfs.h"

namespace stack {
namespace {

// A file system without the user's attributes does without them (tmpfs before Linux 6.6); a capability that
// is lost would make a program fail at a place where nobody would look for this.
bool may_be_lost(const std::string& name, int error) {
  const bool unsupported = error == ENOTSUP || error == EPERM;
  return unsupported && name != "security.capability";
}

}  // namespace

bool may_come_from_image(const std::string& name) {
  if (name == "security.capability") return true;
  if (name == "system.posix_acl_access" || name == "system.posix_acl_default") return true;
  return name.starts_with("user.") && !name.starts_with("user.overlay.");
}

Result<void> set_xattrs(int fd, const Xattrs& xattrs) {
  for (const auto& [name, value] : xattrs)
    if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) != 0 && !may_be_lost(name, errno))
      return os_error("set its \"" + name + "\"");
  return {};
}

Result<void> set_name_xattrs(int folder, const std::string& name, const Xattrs& xattrs) {
  const std::string path = "/proc/self/fd/" + std::to_string(folder) + "/" + name;
  for (const auto& [key, value] : xattrs)
    if (::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0) != 0 &&
        !may_be_lost(key, errno))
      return os_error("set its \"" + key + "\"");
  return {};
}

int set_overlay_opaque(int folder) {
  return ::fsetxattr(folder, kOverlayOpaque, "y", 1, 0);
}

}  // namespace stack
