// The models that the stack had, each a file as the intent was: what `stack history` shows and `stack
// rollback` goes back to.
#pragma once

#include <string>
#include <vector>

#include "core/control/paths.h"
#include "core/reconcile/intent.h"
#include "specs/result.h"

namespace stack {

inline constexpr std::size_t kMostGenerations = 10;  // beside the last good one

// Keeps the intent that is on disk, whose model another is about to replace. Of the older ones the newest
// stay, and `good` whatever its age.
Result<void> keep_in_history(const Paths& paths, std::uint64_t model, std::uint64_t good);
// Newest first, without the one of now. What cannot be read is left out, in words in `faults`.
Result<std::vector<Intent>> load_history(const Paths& paths, std::vector<std::string>& faults);
Result<Intent> load_generation(const Paths& paths, std::uint64_t model);

// The services that differ, as the file names them: "+cache", "~web", "-worker".
std::vector<std::string> changes(const StackSpec& before, const StackSpec& after);

}  // namespace stack
