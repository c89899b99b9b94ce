#include "cmd/stack/running_stacks.h"

#include <unistd.h>

#include <algorithm>

#include "core/control/paths.h"
#include "core/sys/dir.h"

namespace stack::cmd {

std::vector<std::string> running_stacks() {
  auto found = names_in("/run/stack");
  if (!found) return {};  // no stack was run since the boot
  std::vector<std::string> names = *std::move(found);
  std::erase_if(names, [](const std::string& name) {
    return name.starts_with('.') || ::access(Paths(name).control_socket().c_str(), F_OK) != 0;
  });
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace stack::cmd
