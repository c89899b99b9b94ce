// The folder that a layer is unpacked into. Every name is resolved below it by the kernel (openat2 with
// RESOLVE_IN_ROOT), links of the archive's own included, so that nothing outside can be reached; what is
// there already makes room for what comes later.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "core/images/layer_names.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

struct EntryAttributes {
  mode_t mode = 0;  // permission bits
  uid_t uid = 0;
  gid_t gid = 0;
  std::array<timespec, 2> times{};  // of access, of change
  std::vector<std::pair<std::string, std::string>> xattrs;
};

struct DeviceNode {
  mode_t type;  // S_IFCHR, S_IFBLK or S_IFIFO
  dev_t number;
};

class LayerTree {
 public:
  static Result<LayerTree> open(const std::string& folder);

  Result<void> put_folder(const EntryName& entry, const EntryAttributes& attributes);
  // An empty file, open for writing; `seal_file` gives it its attributes when it is written.
  Result<UniqueFd> put_file(const EntryName& entry);
  Result<void> seal_file(int file, const EntryAttributes& attributes);
  Result<void> put_symlink(const EntryName& entry, const std::string& target,
                           const EntryAttributes& attributes);
  Result<void> put_node(const EntryName& entry, const DeviceNode& node, const EntryAttributes& attributes);
  // To a thing of this layer that is there already and that is not a folder.
  Result<void> put_hard_link(const EntryName& entry, const EntryName& target);
  Result<void> put_whiteout(const EntryName& entry);
  Result<void> put_opaque(const EntryName& entry);
  // The times of the folders, which every entry put into them has changed.
  Result<void> finish();

 private:
  // A folder's times, by its name.
  struct FolderTimes {
    std::string path;
    std::array<timespec, 2> times;
  };
  enum class Found { nothing, folder, whiteout, other };

  explicit LayerTree(UniqueFd root) : root_(std::move(root)) {}
  Result<int> parent(const std::string& path);
  Result<UniqueFd> open_folder(const std::string& path, int more_flags) const;
  Result<UniqueFd> make_parents(const std::string& path);
  Result<UniqueFd> make_parent(int above, const std::string& name, const std::string& path);
  Result<Found> look(int folder, const std::string& name) const;
  Result<void> make_room(int folder, const std::string& name);
  Result<UniqueFd> make_folder(int parent, const std::string& name);
  template <typename Create>
  Result<void> create(int folder, const std::string& name, Create&& call);
  Result<void> name_attributes(int folder, const std::string& name, const EntryAttributes& attributes);

  UniqueFd root_;
  // The last parent, kept while nothing that was removed can have been on its path.
  std::string parent_path_;
  UniqueFd parent_;
  bool parent_holds_ = false;
  std::vector<FolderTimes> folder_times_;
  std::size_t folder_bytes_ = 0;
};

}  // namespace stack
