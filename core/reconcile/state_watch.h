// Hears, by inotify(7), of what becomes of files in folders of ours: written, replaced, deleted, moved away.
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

class StateWatch {
 public:
  static Result<StateWatch> open();
  [[nodiscard]] int fd() const { return inotify_.get(); }

  enum class Files {
    written_whole,  // what is renamed or written to is heard, too
    appended,       // only what goes, but for what is renamed within the folder
  };
  // From here on; what is followed already is followed once. False where there is no such folder.
  Result<bool> follow(const std::string& folder, Files files);
  void forget(const std::string& folder);

  struct Heard {
    std::set<std::string> paths;
    bool everything = true;  // false: there was more than the kernel keeps
  };
  // Takes all that has come.
  Result<Heard> take();

 private:
  explicit StateWatch(UniqueFd inotify) : inotify_(std::move(inotify)) {}

  UniqueFd inotify_;
  struct Folder {
    std::string path;
    Files files = Files::written_whole;
  };
  std::map<int, Folder> folders_;  // by inotify's number
};

}  // namespace stack
