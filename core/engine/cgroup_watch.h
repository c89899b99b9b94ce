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

  // From here on writes to these files are heard as writes to `name`. What goes meanwhile is left out.
  Result<void> add(const std::string& name, const std::vector<Limit>& limits);
  [[nodiscard]] bool has(const std::string& name) const { return names_.contains(name); }

  struct Heard {
    std::set<std::string> written;  // names
    bool everything = true;         // false: there was more than the kernel keeps
  };
  // Takes all that has come. A name of which no file is left is forgotten.
  Result<Heard> take();

 private:
  explicit Watch(UniqueFd inotify) : inotify_(std::move(inotify)) {}
  void forget(int watch);

  UniqueFd inotify_;
  std::map<int, std::string> watches_;  // inotify's number -> name
  std::map<std::string, int> names_;    // -> how many watches
};

// The first of `limits` that is not held, and what is instead ("" where the file is gone).
struct ChangedLimit {
  Limit limit;
  std::string held;
};
Result<std::optional<ChangedLimit>> changed_limit(const std::vector<Limit>& limits);

}  // namespace stack::cgroup
