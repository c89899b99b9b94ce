// Which stack a command is about.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/stack/verb.h"
#include "specs/load.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// What specs/load.h wants to know of the command line and the process.
Result<LoadOptions> load_options(const Globals& globals);
// The stack's file, read and checked. Its faults and warnings are shown on standard error before this
// returns. Services that the command names are part of it whatever their profiles.
Result<StackSpec> load_spec(const Globals& globals, const std::vector<std::string>& named = {});
// The same, with the variables that the file was read with: the process's over those of .env.
struct ReadProject {
  StackSpec spec;
  std::map<std::string, std::string> environment;
};
Result<ReadProject> load_project(const Globals& globals, const std::vector<std::string>& named = {});
// The name alone; the file may be faulty, and with -p absent.
Result<std::string> name_of_project(const Globals& globals);

// The same, nothing where no stack is named and no file is there.
Result<std::optional<std::string>> project_if_any(const Globals& globals);
// The file as far as it is there and without faults, and not a word of what is wrong with it: for what goes
// on without.
std::optional<StackSpec> spec_if_any(const Globals& globals);

// The same with the services of every profile: for what is about a service whether it is active or not.
std::optional<StackSpec> whole_spec_if_any(const Globals& globals);

// The error of a file whose faults were shown already: nothing more is to be said.
inline constexpr int kFaultsShown = -1;

// `stack "shop" is not running: start it with "stack up -d"`.
Error not_running(const std::string& project);

}  // namespace stack::cmd
