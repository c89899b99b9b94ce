#include "core/engine/runtime_folder.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/sys/files.h"

namespace stack::engine {
namespace {

// Of a record, three short files and five folders a container: far more than any stack has. What a container
// writes is elsewhere.
constexpr char kOptions[] = "mode=0700,size=64m";

}  // namespace

bool is_mount_root(const std::string& path) {
  struct statx st {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &st) != 0) return false;
  return (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Result<void> make_runtime_folder(const std::string& folder) {
  TRY(make_folders(folder, 0700));
  if (is_mount_root(folder)) return {};
  if (::mount("stack", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, kOptions) != 0)
    return os_error("mount a tmpfs at \"" + folder + "\"");
  // A namespace may not be bound where the bind would propagate into itself, and nobody else has a use for
  // our pins.
  if (::mount(nullptr, folder.c_str(), nullptr, MS_PRIVATE, nullptr) != 0)
    return os_error("make \"" + folder + "\" private");
  return {};
}

Result<void> restore_runtime_folder(const std::string& folder, int before) {
  if (is_mount_root(folder)) return {};
  TRY(make_runtime_folder(folder));
  using std::filesystem::copy_options;
  std::error_code error;
  std::filesystem::copy(
      "/proc/self/fd/" + std::to_string(before) + "/", folder,
      copy_options::recursive | copy_options::copy_symlinks | copy_options::overwrite_existing, error);
  if (error) return os_error("copy what was in \"" + folder + "\"", error.value());
  return {};
}

Result<void> remove_runtime_folder(const std::string& folder) {
  while (is_mount_root(folder))
    if (::umount2(folder.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
      return os_error("umount \"" + folder + "\"");
  return remove_tree(folder);
}

}  // namespace stack::engine
