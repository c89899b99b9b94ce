#include "core/keeper/programs.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace stack::keeper {
namespace {

std::string folder_of(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

void add_path(std::vector<std::string>& candidates) {
  const char* path = std::getenv("PATH");
  const std::string listed = path == nullptr ? "" : path;
  for (std::size_t begin = 0; begin < listed.size();) {
    const std::size_t end = std::min(listed.find(':', begin), listed.size());
    if (end > begin && listed[begin] == '/')
      candidates.push_back(listed.substr(begin, end - begin) + "/stack-keeper");
    begin = end + 1;
  }
}

}  // namespace

Result<std::string> own_program() {
  // Set by the keeper: it executes the reconciler by a detached mount, of which /proc/self/exe knows no path.
  if (const char* path = std::getenv("STACK_PROGRAM")) return std::string(path);
  char path[4096];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  if (n < 0) return os_error("read \"/proc/self/exe\"");
  return std::string(path, static_cast<std::size_t>(n));
}

Result<std::string> keeper_program() {
  const std::string self = TRY(own_program());
  std::vector<std::string> candidates;
  if (const char* known = std::getenv("STACK_KEEPER")) candidates.emplace_back(known);
  candidates.push_back(folder_of(self) + "/stack-keeper");
  candidates.push_back(folder_of(folder_of(self)) + "/libexec/stack/stack-keeper");
  add_path(candidates);
  for (const std::string& candidate : candidates)
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  return fault("find \"stack-keeper\": it is neither beside \"" + self +
               "\" nor in ../libexec/stack nor on the PATH");
}

}  // namespace stack::keeper
