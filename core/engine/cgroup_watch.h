// Hears of writes to the control files of cgroups, by inotify(7): kernfs tells of what is written through the
// file system, and of nothing that the kernel changes by itself.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/engine/cgroup.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::cgroup {

class Watch {
 public:
  static Result<Watch> open();
  [[nodiscard]] int fd() const { return inotify_.get(); }

  // From here on writes to these files, and to no others, are heard as writes to `name`; none ends it. What
  // is gone is left out. To be called again where a cgroup is made anew, and when it is gone: the kernel
  // keeps the watch of a file whose cgroup was removed.
  Result<void> set(const std::string& name, const std::vector<Limit>& limits);

  struct Heard {
    std::set<std::string> written;  // names
    bool everything = true;         // false: there was more than the kernel keeps
  };
  // Takes all that has come.
  Result<Heard> take();

 private:
  explicit Watch(UniqueFd inotify) : inotify_(std::move(inotify)) {}

  UniqueFd inotify_;
  std::map<int, std::string> watches_;  // inotify's number -> name
};

// The first of `limits` that is not held, and what is instead ("" where the file is gone).
struct ChangedLimit {
  Limit limit;
  std::string held;
};
Result<std::optional<ChangedLimit>> changed_limit(const std::vector<Limit>& limits);

}  // namespace stack::cgroup
