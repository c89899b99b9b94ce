// What is in a folder: all names at once, or one by one with `Dir dir(::opendir(path))`, which has one owner.
#pragma once

#include <dirent.h>

#include <memory>
#include <string>
#include <vector>

#include "specs/result.h"

namespace stack {

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, DirCloser>;

// In no order, without "." and "..".
Result<std::vector<std::string>> names_in(const std::string& folder);
// The same; none where there is no such folder.
Result<std::vector<std::string>> names_if_there(const std::string& folder);

// Not a symlink to one.
bool is_folder(const std::string& path);

}  // namespace stack
