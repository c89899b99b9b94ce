// Names that nobody has had before.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack {

// 64 random hex digits, as Docker calls what has no name: a container's id, a volume.
Result<std::string> random_id();

}  // namespace stack
