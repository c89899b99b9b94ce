// What `up` would do, shown.
#pragma once

#include <string>
#include <vector>

#include "cmd/stack/verb.h"
#include "specs/result.h"

namespace stack::cmd {

// Of `services`, none named is all; as "text" or "json". Whether there is anything to do.
Result<bool> show_plan(const std::vector<std::string>& services, const std::string& format,
                       const Globals& globals);

}  // namespace stack::cmd
