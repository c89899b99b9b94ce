// How much of the disk a volume takes.
#pragma once

#include <string>

#include "core/sys/disk_usage.h"
#include "specs/result.h"

namespace stack::volumes {

// What the volume has on its own file system: a mounted bind or NFS export counts as nothing, what is mounted
// deeper within is left out. Containers may write meanwhile.
Result<DiskUsage> usage(const std::string& root, const std::string& name, const DiskUsageLimits& limits = {});

}  // namespace stack::volumes
