// Where the two programs of a stack are.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack::keeper {

// `stack` itself, an absolute path.
Result<std::string> own_program();
// The keeper that we run under; else the one beside us (a build), where `install` puts it, or on the PATH.
Result<std::string> keeper_program();

}  // namespace stack::keeper
