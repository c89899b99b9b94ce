#include "core/images/layer_entry.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <limits>

#include "core/images/layer_xattrs.h"

namespace stack {
namespace {

constexpr mode_t kPermissionBits = 07777;

Result<std::uint32_t> checked_id(std::int64_t id, const char* what) {
  // The greatest one means "leave it as it is" (chown(2)).
  if (id < 0 || id >= std::numeric_limits<std::uint32_t>::max())
    return fault(std::string(what) + " " + std::to_string(id) + " is none");
  return static_cast<std::uint32_t>(id);
}

Xattrs xattrs_of(struct archive_entry* entry) {
  Xattrs kept;
  archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    if (may_come_from_image(name))
      kept.emplace_back(name, std::string(static_cast<const char*>(value), size));
  return kept;
}

}  // namespace

Result<EntryAttributes> attributes_of(struct archive_entry* entry) {
  EntryAttributes attributes;
  attributes.mode = archive_entry_perm(entry) & kPermissionBits;
  attributes.uid = TRY(checked_id(archive_entry_uid(entry), "its owner"));
  attributes.gid = TRY(checked_id(archive_entry_gid(entry), "its group"));
  const timespec changed{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
  const timespec read{archive_entry_atime(entry), archive_entry_atime_nsec(entry)};
  attributes.times = {archive_entry_atime_is_set(entry) != 0 ? read : changed, changed};
  attributes.xattrs = xattrs_of(entry);
  return attributes;
}

}  // namespace stack
