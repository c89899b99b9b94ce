#include "core/volumes/remove.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "core/sys/files.h"
#include "core/volumes/attach.h"
#include "core/volumes/mount_plan.h"
#include "core/volumes/mount_points.h"
#include "core/volumes/store.h"
#include "core/volumes/usage.h"
#include "specs/text.h"

namespace stack::volumes {
namespace {

Result<void> check_unused(const std::string& name, const UsersOf& users) {
  const std::vector<std::string> used_by = users(name);
  if (used_by.empty()) return {};
  return Error{EBUSY, "it is used by " + quoted_list(used_by)};
}

// A record that is broken has no say in it: if something is mounted, that stops the removal.
Result<void> unmount_data(const std::string& root, const std::string& name) {
  const auto record = read(root, name);
  if (!record || !*record) return {};
  const auto plan = plan_mount((*record)->driver_opts);
  if (!plan || plan->kind == MountPlan::Kind::plain) return {};
  return detach(*plan, data_path(root, name)).with("unmount");
}

Result<void> check_nothing_mounted(const std::string& folder) {
  const std::vector<std::string> mounts = TRY(mounts_below(folder));
  if (mounts.empty()) return {};
  return Error{EBUSY, "something is mounted at " + quoted_list(mounts) + ": unmount it first"};
}

// The folder under its new name, still locked.
struct Remains {
  std::string path;
  UniqueFd folder;
};

// Nothing where there is no such volume.
Result<std::optional<Remains>> take_away(const std::string& root, const std::string& name,
                                         const UsersOf& users) {
  const UniqueFd store = TRY(lock_store(root));
  const std::string path = root + "/" + name;
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder && errno == ENOENT) return std::optional<Remains>();
  if (!folder) return os_error("open \"" + path + "\"");
  TRY(check_unused(name, users));
  if (!TRY(lock_folder(folder.get(), Waiting::no))) return Error{EBUSY, "it is being mounted"};
  TRY(unmount_data(root, name));
  TRY(check_nothing_mounted(path));
  Remains remains{remains_path(root, name), std::move(folder)};
  TRY(remove_tree(remains.path));  // of a removal that has failed
  if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, remains.path.c_str(), RENAME_NOREPLACE) != 0)
    return os_error("rename \"" + path + "\" to \"" + remains.path + "\"");
  TRY(sync_folder(root));
  return std::optional<Remains>(std::move(remains));
}

Result<Removal> remove_named(const std::string& root, const std::string& name, const UsersOf& users) {
  const auto remains = TRY(take_away(root, name, users));
  if (!remains) return Removal::not_there;
  TRY(remove_tree(remains->path));
  return Removal::removed;
}

bool is_meant(const VolumeRecord& record, PruneScope scope) {
  return scope == PruneScope::all || record.anonymous;
}

void prune_one(const std::string& root, const std::string& name, const UsersOf& users, Pruned& pruned) {
  const auto size = usage(root, name);
  const auto removal = volumes::remove(root, name, users);
  if (!removal) {
    pruned.faults.push_back(removal.error().words);
    return;
  }
  if (*removal == Removal::not_there) return;
  pruned.names.push_back(name);
  if (size) pruned.bytes += size->bytes;
}

}  // namespace

Result<Removal> remove(const std::string& root, const std::string& name, const UsersOf& users) {
  TRY(check_name(name));
  struct stat st {};
  if (::lstat(root.c_str(), &st) != 0 && errno == ENOENT) return Removal::not_there;
  return remove_named(root, name, users).with("remove volume \"" + name + "\"");
}

Result<Pruned> prune(const std::string& root, const UsersOf& users, PruneScope scope) {
  Pruned pruned;
  for (const VolumeRecord& record : TRY(list(root, pruned.faults)))
    if (is_meant(record, scope) && users(record.name).empty()) prune_one(root, record.name, users, pruned);
  return pruned;
}

}  // namespace stack::volumes
