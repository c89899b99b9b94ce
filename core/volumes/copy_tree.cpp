#include "core/volumes/copy_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <map>
#include <string>
#include <utility>

#include "core/sys/dir.h"
#include "core/sys/open_below.h"
#include "core/sys/overlayfs.h"
#include "core/sys/unique_fd.h"
#include "core/volumes/copy_attributes.h"
#include "core/volumes/copy_file.h"

namespace stack::volumes {
namespace {

constexpr int kDeepest = 256;  // as in a layer (core/images/unpack.h)

class TreeCopy {
 public:
  explicit TreeCopy(int top) : top_(top) {}

  // `path` is that of `to` below the top, empty or with a slash at its end.
  Result<void> copy_content(UniqueFd from, int to, const std::string& path, int depth) {
    if (depth > kDeepest) return fault("\"" + path + "\": more than 256 folders deep");
    const Dir dir(::fdopendir(from.get()));
    if (!dir) return os_error("read folder \"" + path + "\"");
    const int folder = from.release();  // now owned by `dir`
    errno = 0;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") TRY(copy_entry(folder, to, path + name, name, depth));
      errno = 0;
    }
    if (errno != 0) return os_error("read folder \"" + path + "\"");
    return {};
  }

 private:
  Result<void> copy_entry(int from, int to, const std::string& path, const std::string& name, int depth) {
    const std::string what = "\"" + path + "\"";
    const char* const entry = name.c_str();
    struct stat st {};
    if (::fstatat(from, entry, &st, AT_SYMLINK_NOFOLLOW) != 0) return os_error(what + ": stat");
    if (is_whiteout(st)) return {};
    if (S_ISDIR(st.st_mode))
      TRY(copy_folder(from, to, path, name, depth));
    else if (TRY(link_to_copy(st, to, path, name).with(what)))
      return {};
    else
      TRY(make_copy(from, to, name, st).with(what));
    return copy_attributes({from, entry}, {to, entry}, st).with(what);
  }

  Result<void> copy_folder(int from, int to, const std::string& path, const std::string& name, int depth) {
    const char* const entry = name.c_str();
    UniqueFd source = open_child_folder(from, entry);
    if (!source) return os_error("open \"" + path + "\"");
    if (::mkdirat(to, entry, 0700) != 0) return os_error("mkdir \"" + path + "\"");
    const UniqueFd target = open_child_folder(to, entry);
    if (!target) return os_error("open the copy of \"" + path + "\"");
    return copy_content(std::move(source), target.get(), path + "/", depth + 1);
  }

  // Whether it is a further name of a file that has been copied. A file is forgotten with its last name.
  Result<bool> link_to_copy(const struct stat& st, int to, const std::string& path, const std::string& name) {
    if (st.st_nlink < 2) return false;
    const auto [copied, is_new] =
        copied_.try_emplace(std::pair(st.st_dev, st.st_ino), Copied{path, st.st_nlink});
    --copied->second.names_left;
    if (is_new) return false;
    if (::linkat(top_, copied->second.path.c_str(), to, name.c_str(), 0) != 0) return os_error("link");
    if (copied->second.names_left == 0) copied_.erase(copied);
    return true;
  }

  Result<void> make_copy(int from, int to, const std::string& name, const struct stat& st) {
    const char* const entry = name.c_str();
    if (S_ISREG(st.st_mode)) return copy_file(from, to, entry, st.st_size);
    if (S_ISLNK(st.st_mode)) return copy_symlink(from, to, entry);
    if (::mknodat(to, entry, (st.st_mode & S_IFMT) | 0600, st.st_rdev) != 0) return os_error("mknod");
    return {};
  }

  Result<void> copy_file(int from, int to, const char* name, off_t size) {
    const UniqueFd source(::openat(from, name, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));
    if (!source) return os_error("open");
    const UniqueFd target(::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!target) return os_error("create");
    return files_.copy(source.get(), target.get(), size);
  }

  static Result<void> copy_symlink(int from, int to, const char* name) {
    char link[PATH_MAX];
    const ssize_t size = ::readlinkat(from, name, link, sizeof link - 1);
    if (size < 0) return os_error("read link");
    link[size] = '\0';
    if (::symlinkat(link, to, name) != 0) return os_error("symlink");
    return {};
  }

  struct Copied {
    std::string path;  // of the copy, below the top
    nlink_t names_left;
  };

  int top_;
  FileCopy files_;
  std::map<std::pair<dev_t, ino_t>, Copied> copied_;
};

}  // namespace

Result<void> copy_tree(int from, int to) {
  struct stat st {};
  if (::fstat(from, &st) != 0) return os_error("stat");
  UniqueFd again(::openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return os_error("open");
  TRY(TreeCopy(to).copy_content(std::move(again), to, "", 0));
  return copy_attributes({from, "."}, {to, "."}, st);
}

}  // namespace stack::volumes
