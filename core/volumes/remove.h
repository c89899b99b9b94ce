// A volume goes: renamed to ROOT/.old-NAME first, so that it is gone at once or not at all, then taken away.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/volumes/record.h"
#include "specs/result.h"

namespace stack::volumes {

// Who uses the volume of that name ("shop: web"), none if nobody. Asked while no volume comes or goes, so it
// must not call this room.
using UsersOf = std::function<std::vector<std::string>(const std::string& name)>;

enum class Removal { removed, not_there };

// Unmounts what its driver_opts have mounted; what lies on that other file system stays there. Nothing that
// is mounted within the data folder is ever entered. A volume whose record is broken can be removed too.
// Errors: it is used (and by whom), or something is mounted within it.
Result<Removal> remove(const std::string& root, const std::string& name, const UsersOf& users);

enum class PruneScope { anonymous, all };
struct Pruned {
  std::vector<std::string> names;   // removed
  std::uint64_t bytes = 0;          // given back on the disk
  std::vector<std::string> faults;  // of volumes that should have gone and did not
};
// Removes what nobody uses. A volume whose record is broken is told in `faults` and kept.
Result<Pruned> prune(const std::string& root, const UsersOf& users, PruneScope scope);

}  // namespace stack::volumes
