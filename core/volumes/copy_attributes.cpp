#include "core/volumes/copy_attributes.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace stack::volumes {
namespace {

// There is no getxattrat(2) before Linux 6.13, and fgetxattr(2) takes no descriptor of a symlink.
std::string path_of(Entry entry) {
  return "/proc/self/fd/" + std::to_string(entry.folder) + "/" + entry.name;
}

bool is_to_be_copied(std::string_view xattr) {
  // overlayfs' notes about a layer mean nothing elsewhere; SELinux's label follows from `:z` and `:Z`.
  return !xattr.starts_with("trusted.overlay.") && xattr != "security.selinux";
}

Result<std::string> list_xattrs(const std::string& path) {
  ssize_t size = ::llistxattr(path.c_str(), nullptr, 0);
  if (size == 0 || (size < 0 && errno == EOPNOTSUPP)) return std::string();  // as most have none
  std::string names(65536, '\0');                                            // XATTR_LIST_MAX
  if (size > 0) size = ::llistxattr(path.c_str(), names.data(), names.size());
  if (size < 0) return os_error("list xattrs");
  names.resize(static_cast<std::size_t>(size));
  return names;
}

Result<void> copy_xattr(const std::string& from, const std::string& to, const std::string& xattr) {
  std::string value(65536, '\0');  // XATTR_SIZE_MAX
  const ssize_t size = ::lgetxattr(from.c_str(), xattr.c_str(), value.data(), value.size());
  if (size < 0) return os_error("read xattr \"" + xattr + "\"");
  if (::lsetxattr(to.c_str(), xattr.c_str(), value.data(), static_cast<std::size_t>(size), 0) == 0) return {};
  // Notes that a disk without them cannot keep; a capability or an ACL is another matter.
  if (errno == EOPNOTSUPP && xattr.starts_with("user.")) return {};
  return os_error("set xattr \"" + xattr + "\"");
}

Result<void> copy_xattrs(Entry from, Entry to) {
  const std::string source = path_of(from);
  const std::string names = TRY(list_xattrs(source));
  for (std::size_t at = 0; at < names.size();) {
    const std::string xattr = names.c_str() + at;
    at += xattr.size() + 1;
    if (is_to_be_copied(xattr)) TRY(copy_xattr(source, path_of(to), xattr));
  }
  return {};
}

}  // namespace

Result<void> copy_attributes(Entry from, Entry to, const struct stat& st) {
  // A new owner takes setuid bits and capabilities away: it comes first.
  if (::fchownat(to.folder, to.name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
    return os_error("set owner");
  if (!S_ISLNK(st.st_mode) && ::fchmodat(to.folder, to.name, st.st_mode & 07777, 0) != 0)
    return os_error("set mode");
  TRY(copy_xattrs(from, to));
  const timespec times[] = {st.st_atim, st.st_mtim};
  if (::utimensat(to.folder, to.name, times, AT_SYMLINK_NOFOLLOW) != 0) return os_error("set times");
  return {};
}

}  // namespace stack::volumes
