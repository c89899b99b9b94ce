#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/sys/dir.h"
#include "core/sys/files.h"
#include "core/sys/open_below.h"
#include "specs/utf8.h"

namespace stack {
namespace {

constexpr int kDeepest = 64;

class Removal {
 public:
  Removal(std::string path, int top) : path_(std::move(path)), top_(top) {}

  Result<void> empty(UniqueFd folder, int depth) {
    const Dir dir(::fdopendir(folder.get()));
    if (!dir) return os_error("read a folder of \"" + path_ + "\"");
    const int fd = folder.release();  // now owned by `dir`
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || ::unlinkat(fd, name.c_str(), 0) == 0 || errno == ENOENT) continue;
      if (errno != EISDIR && errno != EPERM) return failed(name);
      TRY(depth < kDeepest ? remove_folder(fd, name, depth) : lift(fd, name));
    }
    return {};
  }
  // Whether folders were moved to the top meanwhile, which its listing may have missed.
  [[nodiscard]] bool has_lifted() const { return lifted_ > 0; }
  void forget_lifted() { lifted_ = 0; }

 private:
  [[nodiscard]] Error failed(const std::string& name) const {
    const int code = errno;
    return os_error("remove \"" + printable(name) + "\" within \"" + path_ + "\"", code);
  }
  Result<void> remove_folder(int folder, const std::string& name, int depth) {
    UniqueFd child = open_child_folder(folder, name.c_str());
    if (!child && errno == ENOTDIR) errno = EPERM;  // an immutable file (chattr(1))
    if (!child && errno == EXDEV) errno = EBUSY;    // something is mounted on it
    if (!child) return failed(name);
    TRY(empty(std::move(child), depth + 1));
    if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return failed(name);
    return {};
  }
  // Each level holds a descriptor: what is deeper is moved to the top, and emptied from there.
  Result<void> lift(int folder, const std::string& name) {
    for (;;) {
      const std::string place = ".deep-" + std::to_string(moves_++);
      if (::renameat2(folder, name.c_str(), top_, place.c_str(), RENAME_NOREPLACE) == 0) break;
      if (errno != EEXIST) return failed(name);  // else it is a name that whoever wrote the tree has taken
    }
    ++lifted_;
    return {};
  }

  std::string path_;
  int top_;
  std::uint64_t moves_ = 0;
  std::uint64_t lifted_ = 0;
};

}  // namespace

Result<void> remove_tree(const std::string& path) {
  return remove_tree_at(AT_FDCWD, path);
}

Result<void> remove_tree_at(int folder, const std::string& name) {
  const std::string shown = "\"" + printable(name) + "\"";
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return os_error("remove " + shown);
  const UniqueFd top(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!top) return os_error("open " + shown);
  Removal removal(name, top.get());
  do {
    removal.forget_lifted();
    UniqueFd again(::openat(top.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!again) return os_error("open " + shown);
    TRY(removal.empty(std::move(again), 0));
  } while (removal.has_lifted());
  if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return os_error("remove " + shown);
  return {};
}

}  // namespace stack
