// The volumes of a stack, made before anything is started.
#pragma once

#include <set>
#include <string>

#include "cmd/stack/progress.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// Each volume that one of `services` (empty: all) mounts is there afterwards; a new one has what the first
// image that is mounted there, by the services' names, has at that place. External ones must be there. Images
// are resolved.
Result<void> make_volumes(const StackSpec& spec, const std::set<std::string>& services, Progress& progress);

}  // namespace stack::cmd
