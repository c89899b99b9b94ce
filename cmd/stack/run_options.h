// What the command line of `stack run` says of the one-off.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "specs/one_off.h"
#include "specs/result.h"

namespace stack::cmd {

struct RunWords {
  std::vector<std::string> environment, env_files, volumes, ports, labels, cap_add, cap_drop;
  std::optional<std::string> entrypoint;
  std::string user, working_dir, name;
  bool service_ports = false, use_aliases = false, no_deps = false;
  std::vector<std::string> command;
};

// Where relative paths and variables are looked up.
struct RunPlace {
  std::string directory;
  std::map<std::string, std::string> environment;
};

// A fault where a word is not of its form. Reads the files of --env-from-file.
Result<OneOffOptions> one_off_options(const StackSpec& stack, const RunWords& words, const RunPlace& place);

}  // namespace stack::cmd
