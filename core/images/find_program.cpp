#include "core/images/find_program.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "specs/text.h"

namespace stack {

Result<std::string> find_program(const std::string& name, const std::string& missing) {
  const char* path = std::getenv("PATH");
  const std::string folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  for (const std::string& folder : split(folders, ':')) {
    const std::string program = folder + "/" + name;
    if (program.front() == '/' && ::access(program.c_str(), X_OK) == 0) return program;
  }
  return Error{ENOENT, missing};
}

}  // namespace stack
