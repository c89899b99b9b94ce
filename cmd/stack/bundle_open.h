// `stack up FILE.stack`.
#pragma once

#include <string>
#include <vector>

#include "cmd/stack/project.h"
#include "cmd/stack/verb.h"
#include "specs/result.h"

namespace stack::cmd {

// The stack that `up` is to make: of the bundle that the first of `arguments` names, which is taken from them
// then, or else of the files (load_project). A bundle's images are in the store when this returns, and
// nothing is pulled or built for it; files of -f and --env-file come after its own. `verify_key` is for
// bundles only.
Result<ReadProject> load_for_up(std::vector<std::string>& arguments, const std::string& verify_key,
                                const Globals& globals);

}  // namespace stack::cmd
