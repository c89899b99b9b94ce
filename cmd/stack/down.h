// The end of a stack.
#pragma once

#include <optional>
#include <string>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/progress.h"
#include "specs/result.h"

namespace stack::cmd {

enum class Files { remove, keep };  // writable layers and logs

// Returns when everything of the stack is gone; a stack that does not run is down already. `interrupts` as in
// request.h.
Result<void> take_down(const std::string& project, Files files, std::optional<double> timeout,
                       Progress& progress, Interrupts* interrupts);

// A stack that was refused before it had a single container is not worth a keeper and a reconciler that wait
// for nothing.
void end_if_empty(const std::string& project, Progress& progress);

}  // namespace stack::cmd
