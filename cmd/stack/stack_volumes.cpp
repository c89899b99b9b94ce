#include "cmd/stack/stack_volumes.h"

#include <map>
#include <nlohmann/json.hpp>

#include "core/reconcile/storage.h"
#include "core/volumes/create.h"
#include "core/volumes/mount.h"
#include "core/volumes/record.h"
#include "specs/image_reference.h"

namespace stack::cmd {
namespace {

const VolumeSpec* spec_of(const StackSpec& stack, const std::string& name) {
  for (const auto& [key, volume] : stack.volumes)
    if (volume.name == name) return &volume;
  return nullptr;
}

// The same labels as Docker Compose's, by which people and their tools find what belongs where.
volumes::VolumeRecord record_of(const StackSpec& stack, const std::string& name) {
  volumes::VolumeRecord record;
  record.name = name;
  record.project = stack.name;
  const VolumeSpec* const declared = spec_of(stack, name);
  record.anonymous = declared == nullptr;
  if (declared != nullptr) {
    record.driver_opts = declared->driver_opts;
    record.labels = declared->labels;
    record.labels["com.docker.compose.volume"] = declared->key;
  }
  record.labels["com.docker.compose.project"] = stack.name;
  return record;
}

Result<volumes::Filling> filling_of(const ServiceSpec& service, const Mount& mount) {
  if (mount.nocopy || !mount.subpath.empty()) return volumes::Filling{};
  if (is_stored(service.image)) return volumes::fill_from(TRY(layer_folders(service.image)), mount.target);
  if (service.image.kind == ImageRef::Kind::rootfs)
    return volumes::fill_from({service.image.path}, mount.target);
  return volumes::Filling{};
}

class Making {
 public:
  Making(const StackSpec& stack, Progress& progress) : stack_(stack), progress_(progress) {}

  Result<void> make(const ServiceSpec& service, const Mount& mount) {
    const std::string name = volume_of(stack_.name, service, mount);
    TRY(make_named(name, service, mount));
    // Here, where it may take its time: a file server that does not answer is not to hold up the reconciler.
    const auto record = TRY(volumes::read(volumes::kVolumesRoot, name));
    if (record) TRY(volumes::ensure_mounted(volumes::kVolumesRoot, *record).with("volume \"" + name + "\""));
    return {};
  }

 private:
  Result<void> make_named(const std::string& name, const ServiceSpec& service, const Mount& mount) {
    const VolumeSpec* const declared = spec_of(stack_, name);
    if (declared != nullptr && declared->external) return must_be_there(name);
    const auto there = TRY(volumes::read(volumes::kVolumesRoot, name));
    if (there) return same_options(*there, record_of(stack_, name));
    tell(name, "working", "Creating");
    TRY(volumes::create(volumes::kVolumesRoot, record_of(stack_, name), TRY(filling_of(service, mount)))
            .with("volume \"" + name + "\""));
    tell(name, "done", "Created");
    return {};
  }

  static Result<void> must_be_there(const std::string& name) {
    if (TRY(volumes::read(volumes::kVolumesRoot, name))) return {};
    return fault("external volume \"" + name + "\" is not there: \"stack volume create " + name +
                 "\" makes it");
  }

  static Result<void> same_options(const volumes::VolumeRecord& there, const volumes::VolumeRecord& wanted) {
    if (there.driver_opts == wanted.driver_opts) return {};
    return fault("volume \"" + there.name +
                 "\" is there with other driver_opts than the file says: remove it (\"stack volume rm " +
                 there.name + "\", which loses what is in it), or give it another name");
  }

  void tell(const std::string& name, const char* status, const char* text) {
    progress_.show({{"id", "Volume " + name}, {"status", status}, {"text", text}, {"details", ""}});
  }

  const StackSpec& stack_;
  Progress& progress_;
};

}  // namespace

Result<void> make_volumes(const StackSpec& stack, const std::set<std::string>& services, Progress& progress) {
  Making making(stack, progress);
  for (const auto& [name, service] : stack.services) {
    if (!services.empty() && !services.contains(name)) continue;
    for (const Mount& mount : service.mounts)
      if (mount.type == Mount::Type::volume) TRY(making.make(service, mount));
  }
  return {};
}

}  // namespace stack::cmd
