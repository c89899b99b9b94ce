#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/engine/child.h"
#include "core/engine/report.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

constexpr int kLongestPath = 4096;
constexpr int kMostLinks = 8;  // that lead to nothing, one after another

std::uint64_t resolve_flags(Links links) noexcept {
  return RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (links == Links::refused ? RESOLVE_NO_SYMLINKS : 0U);
}

// Makes the last component of `path` in the folder before it, which is there. EEXIST: a dangling symlink of
// the image, or somebody was quicker; opening it afterwards tells.
int make_last(int root, const char* path, TargetKind kind, Links links, unsigned owner) noexcept {
  const char* slash = std::strrchr(path, '/');
  const char* name = slash == nullptr ? path : slash + 1;
  char parent[kLongestPath] = ".";
  if (slash != nullptr && slash != path) {
    std::memcpy(parent, path, static_cast<std::size_t>(slash - path));
    parent[slash - path] = '\0';
  }
  const int folder = openat2(root, parent, O_PATH | O_DIRECTORY, resolve_flags(links));
  if (folder < 0) return -1;
  int made = 0;
  if (kind == TargetKind::folder) {
    made = ::mkdirat(folder, name, 0755);
  } else {
    made = ::openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (made >= 0) ::close(made);
  }
  const bool there = made < 0 && errno == EEXIST;
  if (made >= 0 && ::fchownat(folder, name, owner, owner, AT_SYMLINK_NOFOLLOW) != 0) made = -1;
  const int code = errno;
  ::close(folder);
  errno = code;
  return made >= 0 || there ? 0 : -1;
}

int make_target(int root, const char* path, TargetKind kind, Links links, unsigned owner, int depth) noexcept;

// What the symlink at the end of `path` leads to is not there: it is made, within `root` as everything is.
// The kernel resolves ".." and absolute targets against `root`.
int make_target_of_link(int root, const char* path, TargetKind kind, unsigned owner, int depth) noexcept {
  const int link = openat2(root, path, O_PATH | O_NOFOLLOW, resolve_flags(Links::within_root));
  char to[kLongestPath];
  const ssize_t length = link < 0 ? -1 : ::readlinkat(link, "", to, sizeof to - 1);
  ::close(link);
  if (length <= 0) return 0;  // no link: somebody was quicker
  to[length] = '\0';
  char whole[2 * kLongestPath] = "";
  const char* slash = std::strrchr(path, '/');
  const std::size_t before =
      to[0] == '/' || slash == nullptr ? 0 : static_cast<std::size_t>(slash - path) + 1;
  std::memcpy(whole, path, before);
  std::memcpy(whole + before, to, static_cast<std::size_t>(length) + 1);
  return make_target(root, whole, kind, Links::within_root, owner, depth + 1);
}

// mkdir -p below `root`, then the target itself.
int make_target(int root, const char* path, TargetKind kind, Links links, unsigned owner,
                int depth) noexcept {
  char prefix[kLongestPath];
  const std::size_t length = std::strlen(path);
  if (length >= sizeof prefix || depth > kMostLinks) {
    errno = length >= sizeof prefix ? ENAMETOOLONG : ELOOP;
    return -1;
  }
  for (std::size_t i = 1; i <= length; ++i) {
    if (path[i] != '/' && path[i] != '\0') continue;
    if (path[i - 1] == '/') continue;
    std::memcpy(prefix, path, i);
    prefix[i] = '\0';
    const int there = openat2(root, prefix, O_PATH, resolve_flags(links));
    if (there >= 0) {
      ::close(there);
      continue;
    }
    if (errno != ENOENT) return -1;
    const TargetKind as = path[i] == '\0' ? kind : TargetKind::folder;
    if (make_last(root, prefix, as, links, owner) != 0) return -1;
    if (links == Links::within_root && make_target_of_link(root, prefix, as, owner, depth) != 0) return -1;
  }
  return 0;
}

int open_file_system(int outcome, const char* type) noexcept {
  const int context = ::fsopen(type, FSOPEN_CLOEXEC);
  if (context < 0) fail(outcome, "open file system", type);
  return context;
}

void set_text(int outcome, int context, const char* key, const char* value) noexcept {
  if (::fsconfig(context, FSCONFIG_SET_STRING, key, value, 0) != 0) fail(outcome, "set mount option", key);
}

void set_all(int outcome, int context, const Setting* settings, int count) noexcept {
  for (int i = 0; i < count; ++i) {
    if (settings[i].value == nullptr) {
      if (::fsconfig(context, FSCONFIG_SET_FLAG, settings[i].key, nullptr, 0) != 0)
        fail(outcome, "set mount option", settings[i].key);
      continue;
    }
    if (settings[i].value[0] != '\0') set_text(outcome, context, settings[i].key, settings[i].value);
  }
}

// fsconfig(2) takes 255 bytes. That is enough for some eighty layers in one option, which every kernel knows;
// one option a layer came with Linux 6.5.
void set_layers(int outcome, int context, const Layers& layers) noexcept {
  constexpr std::size_t kLongest = 255;
  if (layers.lowerdir.size() <= kLongest)
    return set_text(outcome, context, "lowerdir", layers.lowerdir.c_str());
  set_text(outcome, context, "lowerdir+", layers.top);
  for (const Layers::Layer& layer : layers.trees) set_text(outcome, context, "lowerdir+", layer.name.c_str());
}

int make_tree(int outcome, int context, const char* type, unsigned attributes) noexcept {
  if (::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    fail(outcome, "make file system", type);
  const int tree = ::fsmount(context, FSMOUNT_CLOEXEC, attributes);
  if (tree < 0) fail(outcome, "make mount", type);
  ::close(context);
  return tree;
}

}  // namespace

int make_mount(int outcome, const char* type, const Setting* settings, int count,
               unsigned attributes) noexcept {
  const int context = open_file_system(outcome, type);
  set_all(outcome, context, settings, count);
  return make_tree(outcome, context, type, attributes);
}

int make_overlay(int outcome, const Layers& layers, const Setting* settings, int count,
                 unsigned attributes) noexcept {
  const int context = open_file_system(outcome, "overlay");
  set_layers(outcome, context, layers);
  set_all(outcome, context, settings, count);
  return make_tree(outcome, context, "overlay", attributes);
}

void attach(int outcome, int tree, int folder, const char* path, const char* step) noexcept {
  const unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (path[0] == '\0' ? MOVE_MOUNT_T_EMPTY_PATH : 0U);
  if (::move_mount(tree, "", folder, path, flags) != 0) fail(outcome, step, path);
}

int open_target(int outcome, int root, const char* path, TargetKind kind, Links links, unsigned owner,
                const char* step) noexcept {
  // Mostly it is there.
  int fd = openat2(root, path, O_PATH, resolve_flags(links));
  if (fd < 0 && errno == ENOENT && make_target(root, path, kind, links, owner, 0) == 0)
    fd = openat2(root, path, O_PATH, resolve_flags(links));
  if (fd < 0) fail(outcome, step, path);
  struct stat st {};
  if (::fstat(fd, &st) != 0) fail(outcome, step, path);
  if (S_ISDIR(st.st_mode) != (kind == TargetKind::folder))
    fail(outcome, step, path, kind == TargetKind::folder ? ENOTDIR : EISDIR);
  return fd;
}

}  // namespace stack::engine
