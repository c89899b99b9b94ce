// Whether the user really wants it.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack::cmd {

// Shows what would be done and asks on the terminal; without one it is an error that names -f. `what` begins
// with a small letter: "this will remove ...".
Result<bool> confirm(const std::string& what);

// That a removal waits for an `up`; for lock_storage of core/reconcile/storage_lock.h.
void tell_of_wait();

}  // namespace stack::cmd
