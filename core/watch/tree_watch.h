// Trees of the host, watched by inotify(7). An event says only where to look: what has changed is told by
// comparing with what was there before. So a lost event (IN_Q_OVERFLOW) costs a comparison of everything, and
// nothing else; a file that an editor renames over another is one change.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::watch {

class TreeWatch {
 public:
  // Whether a folder and all below it is of no interest.
  using Skips = std::function<bool(const std::string& folder)>;

  // `roots` are absolute and without symlinks on the way: files or folders, which need not be there yet.
  // What is there now is no change. An error where the kernel has no more watches says how to get some.
  static Result<TreeWatch> open(std::set<std::string> roots, Skips skips);

  // Readable when there is something to take.
  [[nodiscard]] int fd() const { return inotify_.get(); }
  // Paths that have come, gone or changed since the last time, and all that was below a folder that has gone.
  // Special files and the times of folders count for nothing.
  Result<std::set<std::string>> take();
  // What is there below `root`, itself among it, folders before what is in them.
  [[nodiscard]] std::vector<std::string> paths_within(const std::string& root) const;

 private:
  struct Facts {
    mode_t mode;
    dev_t device;
    ino_t inode;
    off_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    bool operator==(const Facts&) const = default;
  };

  TreeWatch(UniqueFd inotify, std::set<std::string> roots, Skips skips)
      : inotify_(std::move(inotify)), roots_(std::move(roots)), skips_(std::move(skips)) {}

  static Facts facts_of(const struct stat& st);
  Result<void> heed(int watch, std::uint32_t mask, const std::string& name);
  Result<void> lose(int watch);
  Result<void> approach(const std::string& root);
  Result<void> compare_all();
  Result<void> look(const std::string& path);
  Result<void> look_within(const std::string& folder);
  Result<bool> add_watch(const std::string& folder);
  void forget(const std::string& path);
  [[nodiscard]] bool is_within_a_root(const std::string& path) const;

  UniqueFd inotify_;
  std::set<std::string> roots_;
  Skips skips_;
  std::map<std::string, Facts> facts_;
  std::map<int, std::set<std::string>> folders_;  // by watch: a folder may have several names
  std::map<std::string, int> watches_;            // by folder
  std::set<std::string> changes_;
};

// Whether `path` is `folder` or below it.
bool is_within(const std::string& folder, const std::string& path);

}  // namespace stack::watch
