// Programs of others that are children of ours.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack {

// Its path by $PATH, folders that are not absolute passed over. `missing` are the words of the error, ENOENT.
Result<std::string> find_program(const std::string& name, const std::string& missing);

}  // namespace stack
