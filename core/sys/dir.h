// A folder that is being listed, with one owner: `Dir dir(::opendir(path))`.
#pragma once

#include <dirent.h>

#include <memory>

namespace stack {

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, DirCloser>;

}  // namespace stack
