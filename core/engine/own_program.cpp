#include "core/engine/own_program.h"

#include "core/engine/prepare.h"

namespace stack::engine {

Result<UniqueFd> open_read_only_program(const std::string& path) {
  TreeOptions options;
  options.recursive = false;
  options.read_only = true;
  return clone_tree(path, options);
}

}  // namespace stack::engine
