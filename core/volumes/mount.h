// Volumes whose data lies elsewhere (driver_opts of the local driver): mounted on their data folder, in the
// mount namespace of the caller.
#pragma once

#include <string>

#include "core/volumes/record.h"
#include "specs/result.h"

namespace stack::volumes {

enum class Mounting {
  plain,  // the folder itself has the data
  mounted,
  already_mounted,
};

// To be called before each start: it is cheap where all is well, and after a boot it mounts again. NFS may
// take as long as the server lets it wait; everything else is at once. Errors name the volume and what to do.
Result<Mounting> ensure_mounted(const std::string& root, const VolumeRecord& record);
// Every mount on the data folder; none is no error. An error where a process of the host still works in it.
Result<void> unmount(const std::string& root, const VolumeRecord& record);

}  // namespace stack::volumes
