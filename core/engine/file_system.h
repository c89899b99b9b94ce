// A file system mounted nowhere yet, made by the parent: one that fails is told in words, not as a step of a
// child's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::engine {

using FileSystemSettings = std::vector<std::pair<std::string, std::string>>;

// `attributes` is a set of MOUNT_ATTR_ flags (fsmount(2)).
Result<UniqueFd> make_file_system(const std::string& type, const FileSystemSettings& settings,
                                  unsigned attributes);

}  // namespace stack::engine
