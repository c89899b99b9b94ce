#include "core/reconcile/storage.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/images/store.h"
#include "core/sys/files.h"
#include "core/volumes/mount.h"
#include "core/volumes/record.h"
#include "core/volumes/subpath.h"
#include "specs/one_off.h"

namespace stack {
namespace {

Result<UniqueFd> open_volume(const std::string& name, const std::string& subpath) {
  const auto record = TRY(volumes::read(volumes::kVolumesRoot, name));
  if (!record) return fault("there is no such volume any more: \"stack up\" makes it, empty");
  TRY(volumes::ensure_mounted(volumes::kVolumesRoot, *record));
  UniqueFd data = TRY(open_fd(volumes::data_path(volumes::kVolumesRoot, name), O_PATH | O_DIRECTORY));
  if (subpath.empty()) return data;
  return volumes::open_subpath(data.get(), subpath);
}

}  // namespace

Result<std::vector<std::string>> layer_folders(const ImageRef& image) {
  const Store store;
  std::vector<std::string> folders;
  for (const std::string& layer : image.layers) {
    folders.push_back(store.layer_path(layer));
    if (::access(folders.back().c_str(), F_OK) != 0)
      return os_error("layer " + layer + " of image \"" + image.name + "\" (\"stack up\" brings it again)");
  }
  return folders;
}

Result<std::map<std::string, std::vector<std::string>>> image_mounts(const ServiceSpec& service) {
  std::map<std::string, std::vector<std::string>> mounts;
  for (const Mount& mount : service.mounts)
    if (mount.type == Mount::Type::image) mounts[mount.target] = TRY(layer_folders(mount.image));
  return mounts;
}

std::string volume_of(const std::string& project, const ServiceSpec& service, const Mount& mount) {
  if (!mount.source.empty()) return mount.source;
  std::string owner = service.name;
  // A volume's name has no "@" and no "#".
  const std::size_t mark = service_behind(owner).size();
  if (mark < owner.size()) owner.replace(mark, 1, is_one_off(owner) ? "-run-" : "-replica-");
  return volumes::anonymous_name(project, owner, mount.target);
}

Result<std::map<std::string, UniqueFd>> open_volumes(const std::string& project, const ServiceSpec& service) {
  std::map<std::string, UniqueFd> opened;
  for (const Mount& mount : service.mounts) {
    if (mount.type != Mount::Type::volume) continue;
    const std::string name = volume_of(project, service, mount);
    opened[mount.target] = TRY(open_volume(name, mount.subpath).with("volume \"" + name + "\""));
  }
  return opened;
}

}  // namespace stack
