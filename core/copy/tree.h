// A tree of files that paths lead through: the host's own, or a container's, out of which no path leads,
// whatever symlinks the container has laid and however it swaps them meanwhile.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "core/copy/ids.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::copy {

class Tree {
 public:
  // The host's, relative paths from the current folder.
  static Tree of_host() { return Tree(UniqueFd(), {}); }
  // That of the container whose first process is `pid`, as that process sees it, mounts and all. `cgroup` is
  // the container's, "stack/PROJECT/SERVICE": another process that has the number by now is not taken for it.
  static Result<Tree> of_container(int pid, const std::string& cgroup);
  // Every path is resolved within `root`.
  static Tree within(UniqueFd root, IdShift ids) { return Tree(std::move(root), ids); }

  // Links::last_too follows a symlink at the end of the path as well.
  enum class Links { on_the_way, last_too };
  [[nodiscard]] Result<UniqueFd> open(const std::string& path, int flags, Links links) const;
  // The path that is meant where a symlink, or a chain of them, stands at the end of `path`; what it leads to
  // need not be there.
  [[nodiscard]] Result<std::string> follow(const std::string& path) const;
  [[nodiscard]] const IdShift& ids() const { return ids_; }

 private:
  Tree(UniqueFd root, IdShift ids) : root_(std::move(root)), ids_(ids) {}

  UniqueFd root_;  // invalid: the host's
  IdShift ids_;
};

// What a descriptor (O_PATH will do) is open on. Files that are views of the kernel (proc, sysfs, cgroups,
// terminals) are none to copy: reading some of them does something.
Result<struct stat> stat_of(int fd);
bool is_view_of_kernel(int fd);
// For reading, of a descriptor opened with O_PATH: what it is open on, and nothing else that has come to its
// place.
Result<UniqueFd> open_again(int fd, int flags);
// What the symlink says that `fd` (O_PATH) is open on.
Result<std::string> link_of(int fd);

// For a path as people write it: the part before the last slash ("." where there is none, "/" of "/x") and
// the name behind it; slashes at the end do not count.
struct Split {
  std::string folder, name;
};
Split split_path(const std::string& path);

}  // namespace stack::copy
