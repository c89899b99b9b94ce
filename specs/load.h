// From the files of a stack to its canonical model, every fault of them in one run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "specs/diagnostics.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

struct LoadOptions {
  std::vector<std::string> files;      // -f; "-" is standard input; empty: discovery from `directory` upwards
  std::string directory;               // where the command was run, absolute
  std::string project_name;            // -p; empty: COMPOSE_PROJECT_NAME, `name:`, the folder's base name
  std::string project_directory;       // --project-directory
  std::vector<std::string> env_files;  // --env-file; empty: .env beside the first file
  std::vector<std::string> profiles;   // --profile, "*" is all; empty: COMPOSE_PROFILES
  std::vector<std::string> services;   // what the command names, whose profiles are active therefore
  std::map<std::string, std::string> environment;  // the process's own
  bool opens_files = true;  // false: `env_file` and `label_file` of services are not read
  bool relates = true;      // false: references, cycles and conflicts of the whole are not looked for
};

struct Loaded {
  std::optional<StackSpec> spec;  // absent where there is an error among the diagnostics
  Diagnostics diagnostics;        // errors and warnings, in file order
  // The process's over those of .env, and what configs and secrets of included files take from theirs.
  std::map<std::string, std::string> environment;
};

// The code of the error of both functions where no file is named and none is found.
inline constexpr int kNoStackFile = -2;

// Fails only where there is no file to read at all; every fault in a file is a diagnostic.
Result<Loaded> load_stack(const LoadOptions& options);
// The project name alone, for the verbs that need no file (`ps -p NAME`) or must not stumble over a faulty
// one.
Result<std::string> project_name(const LoadOptions& options);

}  // namespace stack
