#include "core/engine/namespaces.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

#include "core/engine/pin_child.h"
#include "core/engine/runtime_folder.h"
#include "core/sys/files.h"

namespace stack::engine {
namespace {

constexpr char kIpcSuffix[] = ".ipc";
constexpr std::uint64_t kSharedMemory = 64U << 20;  // as in Docker

Result<void> bind_namespace(const std::string& source, const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0400));
  if (!file) return os_error("make pin \"" + path + "\"");
  if (::mount(source.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return os_error("pin \"" + source + "\" at \"" + path + "\"");
  return {};
}

Result<void> write_maps(pid_t pid, const IdRange& range) {
  const std::string map = "0 " + std::to_string(range.base) + " " + std::to_string(range.count);
  const std::string proc = "/proc/" + std::to_string(pid);
  TRY(write_existing(proc + "/uid_map", map));
  return write_existing(proc + "/gid_map", map);
}

// The folder of shared memory that goes with an ipc namespace: POSIX shared memory is files, System V is the
// namespace.
Result<void> pin_shared_memory(const std::string& path, std::uint32_t owner, std::uint64_t size) {
  if (is_mount_root(path)) return {};
  TRY(make_folders(path, 0755));
  const std::string id = std::to_string(owner);
  const std::string options =
      "mode=1777,size=" + std::to_string(size == 0 ? kSharedMemory : size) + ",uid=" + id + ",gid=" + id;
  if (::mount("shm", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options.c_str()) != 0)
    return os_error("mount shared memory at \"" + path + "\"");
  return {};
}

// What the id 0 of the user namespace is outside; read from the map of a process in it.
Result<std::uint32_t> base_of(pid_t pid, const std::string& user) {
  if (user.empty()) return 0U;
  const std::string map = TRY(read_file("/proc/" + std::to_string(pid) + "/uid_map"));
  unsigned inside = 0;
  unsigned outside = 0;
  if (std::sscanf(map.c_str(), "%u %u", &inside, &outside) != 2)
    return fault("user namespace \"" + user + "\" has no map");
  return outside;
}

PinPaths missing(const PinPaths& paths) {
  PinPaths rest = paths;
  for (std::string* path : {&rest.net, &rest.ipc, &rest.uts})
    if (!path->empty() && is_pinned(*path)) path->clear();
  return rest;
}

bool wants_nothing(const PinPaths& paths) {
  return paths.net.empty() && paths.ipc.empty() && paths.uts.empty();
}

// Everything that one child's namespaces are to become. `user` is where its user namespace is pinned, or "".
Result<void> pin_all(PinChild& child, const std::string& user, bool new_user, const PinPaths& paths) {
  const std::string ns = "/proc/" + std::to_string(child.pid()) + "/ns/";
  if (new_user) TRY(bind_namespace(ns + "user", user));
  if (!paths.net.empty()) TRY(bind_namespace(ns + "net", paths.net));
  if (!paths.uts.empty()) TRY(bind_namespace(ns + "uts", paths.uts));
  if (paths.ipc.empty()) return {};
  TRY(bind_namespace(ns + "ipc", paths.ipc));
  return pin_shared_memory(shared_memory_of(paths.ipc), TRY(base_of(child.pid(), user)), paths.shm_size);
}

}  // namespace

std::string shared_memory_of(const std::string& ipc) {
  if (!ipc.ends_with(kIpcSuffix)) return ipc + ".shm";
  return ipc.substr(0, ipc.size() - (sizeof kIpcSuffix - 1)) + ".shm";
}

bool is_pinned(const std::string& path) {
  struct statfs st {};
  return ::statfs(path.c_str(), &st) == 0 && st.f_type == NSFS_MAGIC;
}

Result<void> make_sandbox(const SandboxRequest& request) {
  const bool new_user = !request.user.empty() && !is_pinned(request.user);
  const PinPaths wanted = missing(request.paths);
  if (!new_user && wants_nothing(wanted)) return {};
  PinChild child = TRY(PinChild::start({request.user, new_user, wanted}));
  TRY(child.settled());
  if (new_user) TRY(write_maps(child.pid(), request.range));
  return pin_all(child, request.user, new_user, wanted);
}

Result<void> unpin(const std::string& path) {
  if (path.ends_with(kIpcSuffix)) {
    const std::string memory = shared_memory_of(path);
    if (is_mount_root(memory) && ::umount2(memory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
      return os_error("umount \"" + memory + "\"");
    if (::rmdir(memory.c_str()) != 0 && errno != ENOENT) return os_error("remove \"" + memory + "\"");
  }
  while (is_pinned(path))
    if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
      return os_error("umount \"" + path + "\"");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("remove pin \"" + path + "\"");
  return {};
}

}  // namespace stack::engine
