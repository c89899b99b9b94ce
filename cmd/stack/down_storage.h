// What `down` takes along of a stack's volumes and images where it is told so. What belongs to the stack is
// looked up while it is still there.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cmd/stack/progress.h"
#include "cmd/stack/verb.h"
#include "specs/result.h"

namespace stack::cmd {

struct StackStorage {
  bool has_model = false;          // from the intent or the file; else the volumes' records alone tell
  std::set<std::string> volumes;   // named ones that the stack declares as its own, by full name
  std::set<std::string> external;  // volumes that are not its own
  std::set<std::string> images;    // as the store calls them
  std::set<std::string> built;     // those of them that only `build:` has named
};

StackStorage storage_of(const std::string& project, const Globals& globals);

// Those that the stack declares and its anonymous ones; without a model all whose record says that they are
// its. What another stack uses, or has made, is kept, with a warning. The stack must be down.
Result<void> remove_volumes_of(const std::string& project, const StackStorage& storage, Progress& progress);

// The volumes without a name that `services` alone have, of the model that the stack runs by. Their
// containers must have been removed.
Result<void> remove_anonymous_volumes(const std::string& project, const std::vector<std::string>& services,
                                      Progress& progress);

enum class ImagesToRemove { none, local, all };
// What another stack uses is kept, with a warning. The stack must be down.
Result<void> remove_images_of(const StackStorage& storage, ImagesToRemove which, Progress& progress);

}  // namespace stack::cmd
