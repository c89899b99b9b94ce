#include "core/images/find_program.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace stack {

Result<std::string> find_program(const std::string& name, const std::string& missing) {
  const char* path = std::getenv("PATH");
  const std::string folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t start = 0; start <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', start), folders.size());
    const std::string program = folders.substr(start, end - start) + "/" + name;
    if (program.front() == '/' && ::access(program.c_str(), X_OK) == 0) return program;
    start = end + 1;
  }
  return Error{ENOENT, missing};
}

}  // namespace stack
