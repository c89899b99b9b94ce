#include "core/volumes/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/sys/files.h"
#include "core/volumes/attach.h"
#include "core/volumes/mount_plan.h"
#include "core/volumes/mount_points.h"
#include "core/volumes/store.h"

namespace stack::volumes {
namespace {

Result<UniqueFd> lock_volume(const std::string& root, const std::string& name) {
  UniqueFd folder(::open((root + "/" + name).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder && errno == ENOENT) return fault("there is none of that name");
  if (!folder) return os_error("open \"" + root + "/" + name + "\"");
  TRY(lock_folder(folder.get(), Waiting::yes));
  return folder;
}

Result<Mounting> mount_once(const std::string& root, const VolumeRecord& record) {
  TRY(check_name(record.name));
  const MountPlan plan = TRY(plan_mount(record.driver_opts));
  const UniqueFd lock = TRY(lock_volume(root, record.name));
  if (plan.kind == MountPlan::Kind::plain) return Mounting::plain;
  const std::string data = data_path(root, record);
  if (TRY(is_mount_point(data))) return Mounting::already_mounted;
  TRY(attach(plan, data));
  return Mounting::mounted;
}

Result<void> unmount_all(const std::string& root, const VolumeRecord& record) {
  TRY(check_name(record.name));
  const MountPlan plan = TRY(plan_mount(record.driver_opts));
  const UniqueFd lock = TRY(lock_volume(root, record.name));
  return plan.kind == MountPlan::Kind::plain ? Result<void>() : detach(plan, data_path(root, record));
}

}  // namespace

Result<Mounting> ensure_mounted(const std::string& root, const VolumeRecord& record) {
  return mount_once(root, record).with("mount volume \"" + record.name + "\"");
}

Result<void> unmount(const std::string& root, const VolumeRecord& record) {
  return unmount_all(root, record).with("unmount volume \"" + record.name + "\"");
}

}  // namespace stack::volumes
