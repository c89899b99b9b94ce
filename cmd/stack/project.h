// Which stack a command is about.
#pragma once

#include <string>

#include "cmd/stack/verb.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// The stack's file, read and checked. Its faults and warnings are shown on standard error before this
// returns.
Result<StackSpec> load_spec(const Globals& globals);
// The name alone; the file may be faulty, and with -p absent.
Result<std::string> name_of_project(const Globals& globals);

// The error of a file whose faults were shown already: nothing more is to be said.
inline constexpr int kFaultsShown = -1;

// `stack "shop" is not running: start it with "stack up -d"`.
Error not_running(const std::string& project);

}  // namespace stack::cmd
