// A mount that somebody took off comes back from a process that still has what was mounted. Which process
// that is is no matter of trust: it is known by its device and inode, which nothing else has while it lives.
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/engine/namespaces.h"
#include "core/engine/runtime_folder.h"
#include "core/sys/files.h"
#include "core/sys/syscalls.h"
#include "core/sys/unique_fd.h"

namespace stack::engine {
namespace {

std::string mark_of(const struct stat& st) {
  return std::to_string(st.st_dev) + ":" + std::to_string(st.st_ino);
}

std::string mark_of(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? mark_of(st) : "";
}

// `source` is a magic link: what it leads to may be another by the time it is mounted, so it is looked at
// again.
Result<bool> bind_marked(const std::string& source, const std::string& path, const std::string& mark) {
  if (mark_of(source) != mark) return false;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0400));
  if (!file) return os_error("make pin \"" + path + "\"");
  if (::mount(source.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    if (errno == ENOENT || errno == ESRCH) return false;  // it has just ended
    return os_error("pin \"" + source + "\" at \"" + path + "\"");
  }
  TRY(uncover(path, mark));
  return pin_mark(path) == mark;
}

// What the child works on, in the parent's own memory; the parent waits meanwhile.
struct Visit {
  int namespace_fd = -1;
  int tree = -1;
};

// A mount can be cloned only from within the mount namespace that it is in (open_tree(2)).
int clone_shared_memory(void* argument) {
  Visit& visit = *static_cast<Visit*>(argument);
  if (::setns(visit.namespace_fd, CLONE_NEWNS) != 0) return 0;
  visit.tree = static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, "/dev/shm",
                                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW));
  return 0;
}

Result<UniqueFd> shared_memory_seen_by(pid_t pid) {
  const UniqueFd ns(::open(("/proc/" + std::to_string(pid) + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) return UniqueFd();
  Visit visit{ns.get(), -1};
  // With our memory and descriptors, so that the tree it opens is ours, but with a root of its own, which
  // setns(2) sets.
  alignas(16) std::array<char, 64UL << 10> stack;
  const pid_t child =
      ::clone(clone_shared_memory, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | CLONE_FILES, &visit);
  if (child < 0) return os_error("clone");
  while (::waitpid(child, nullptr, __WALL) < 0)
    if (errno != EINTR) return os_error("wait for who visits a mount namespace");
  return UniqueFd(visit.tree);
}

}  // namespace

std::string pin_mark(const std::string& path) {
  return is_mount_root(path) ? mark_of(path) : "";
}

Result<void> uncover(const std::string& path, const std::string& mark) {
  while (is_mount_root(path) && mark_of(path) != mark)
    if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
      return os_error("umount \"" + path + "\"");
  return {};
}

Result<bool> repin(const std::string& path, const std::string& mark, pid_t pid, const std::string& kind) {
  TRY(uncover(path, mark));
  if (pin_mark(path) == mark) return true;  // it was only covered
  return bind_marked("/proc/" + std::to_string(pid) + "/ns/" + kind, path, mark);
}

Result<bool> repin_user(const std::string& path, const std::string& mark, const std::string& owned) {
  TRY(uncover(path, mark));
  if (pin_mark(path) == mark) return true;
  const UniqueFd namespace_fd(::open(owned.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const UniqueFd user(is_pinned(owned) ? ::ioctl(namespace_fd.get(), NS_GET_USERNS) : -1);  // ioctl_ns(2)
  return user && TRY(bind_marked("/proc/self/fd/" + std::to_string(user.get()), path, mark));
}

Result<bool> repin_shared_memory(const std::string& path, const std::string& mark, pid_t pid) {
  TRY(uncover(path, mark));
  if (pin_mark(path) == mark) return true;
  const UniqueFd tree = TRY(shared_memory_seen_by(pid));
  struct stat st {};
  if (!tree || ::fstat(tree.get(), &st) != 0 || mark_of(st) != mark) return false;
  TRY(make_folders(path, 0755));
  if (::move_mount(tree.get(), "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return os_error("mount shared memory at \"" + path + "\"");
  return true;
}

}  // namespace stack::engine
