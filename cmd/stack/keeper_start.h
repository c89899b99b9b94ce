// Brings up a stack's keeper, which starts the reconciler.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack::cmd {

// When this returns, /run/stack/PROJECT/control.sock listens. That it does already is a success.
Result<void> start_keeper(const std::string& project);

}  // namespace stack::cmd
