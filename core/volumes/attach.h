// A mount plan carried out.
#pragma once

#include <string>
#include <vector>

#include "core/volumes/mount_plan.h"
#include "specs/result.h"

namespace stack::volumes {

Result<void> attach(const MountPlan& plan, const std::string& data);
// Every mount on `data`; none is no error.
Result<void> detach(const MountPlan& plan, const std::string& data);

// Where the helper is; a fault that names its packages where it is in none of the folders.
Result<std::string> find_helper(const MountHelper& helper, const std::vector<std::string>& folders);

}  // namespace stack::volumes
