// The mount namespace in which containers' roots are built. It shows the folders that an overlay takes its
// layers from, and nothing else: a new mount namespace copies every mount of the one it is made from, and the
// host has some for each pinned namespace, hundreds with fifty services, of which a child would copy all only
// to take them off again.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::engine {

class Staging {
 public:
  // `folders` are absolute and there; each is shown under its own path, without what is mounted below it.
  static Result<Staging> make(const std::vector<std::string>& folders);

  // For setns(2).
  [[nodiscard]] int fd() const { return ns_.get(); }
  // Under the paths of `folders` the host still has what it had when this was made.
  [[nodiscard]] bool up_to_date() const;

 private:
  struct Shown {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
  };
  UniqueFd ns_;
  std::vector<Shown> shown_;
};

}  // namespace stack::engine
