#include "core/sys/dir.h"

#include <sys/stat.h>

#include <cerrno>

namespace stack {

Result<std::vector<std::string>> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const Dir dir(::opendir(folder.c_str()));
  if (!dir) return os_error("read folder \"" + folder + "\"");
  errno = 0;  // readdir(3) tells an error from the end by it alone
  while (const dirent* entry = ::readdir(dir.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) return os_error("read folder \"" + folder + "\"");
  return names;
}

Result<std::vector<std::string>> names_if_there(const std::string& folder) {
  auto names = names_in(folder);
  if (!names && names.error().code == ENOENT) return std::vector<std::string>();
  return names;
}

bool is_folder(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

}  // namespace stack
