#include "core/volumes/usage.h"

#include <fcntl.h>

#include "core/sys/files.h"
#include "core/volumes/mount_plan.h"
#include "core/volumes/record.h"

namespace stack::volumes {

Result<DiskUsage> usage(const std::string& root, const std::string& name, const DiskUsageLimits& limits) {
  const auto record = TRY(read(root, name));
  if (!record) return fault("volume \"" + name + "\": there is none of that name");
  const MountPlan plan = TRY(plan_mount(record->driver_opts).with("volume \"" + name + "\""));
  if (plan.kind == MountPlan::Kind::bind || plan.kind == MountPlan::Kind::helper) return DiskUsage{};
  return disk_usage(TRY(open_fd(data_path(root, name), O_RDONLY | O_DIRECTORY)), limits);
}

}  // namespace stack::volumes
