// What is mounted where.
#pragma once

#include <string>
#include <vector>

#include "specs/result.h"

namespace stack::volumes {

// Asks no server: one of NFS may be down.
Result<bool> is_mount_point(const std::string& path);
// Mount points of this namespace at or below `path`.
Result<std::vector<std::string>> mounts_below(const std::string& path);

}  // namespace stack::volumes
