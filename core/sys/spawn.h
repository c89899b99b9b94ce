// Another program as a child of ours, with plain signals and with no descriptor but those it is given.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "specs/result.h"

namespace stack {

enum class SpawnSession { ours, its_own };
// bare: only what says where programs are. For what runs on after us: our caller's environment may hold
// secrets.
enum class SpawnEnvironment { ours, bare };

// descriptors[n] becomes number n of the child.
Result<pid_t> spawn(const std::string& program, std::vector<std::string> argv,
                    const std::vector<int>& descriptors, SpawnSession session,
                    SpawnEnvironment environment = SpawnEnvironment::ours);
// The exit code of a child, 128 + n where signal n ended it.
Result<int> exit_code_of(pid_t pid, const std::string& program);

}  // namespace stack
