#include "cmd/stack/down_storage.h"

#include <cerrno>
#include <nlohmann/json.hpp>

#include "cmd/stack/confirm.h"
#include "cmd/stack/faults.h"
#include "cmd/stack/image_text.h"
#include "cmd/stack/project.h"
#include "cmd/stack/volume_names.h"
#include "core/images/store.h"
#include "core/reconcile/intent.h"
#include "core/reconcile/storage.h"
#include "core/reconcile/storage_lock.h"
#include "specs/image_reference.h"
#include "specs/text.h"

namespace stack::cmd {
namespace {

using volumes::VolumeRecord;

void add(StackStorage& storage, const StackSpec& spec) {
  storage.has_model = true;
  for (const auto& [key, volume] : spec.volumes)
    (volume.external ? storage.external : storage.volumes).insert(volume.name);
  for (const auto& [name, service] : spec.services) {
    if (!is_stored(service.image)) continue;
    storage.images.insert(store_name(service.image));
    if (service.build && !service.positions.contains("image"))
      storage.built.insert(store_name(service.image));
  }
}

class Removing {
 public:
  Removing(const std::string& kind, Progress& progress) : kind_(kind + " "), progress_(progress) {}

  void tell(const std::string& name, const char* status, const char* text, const std::string& details = "") {
    progress_.show({{"id", kind_ + name}, {"status", status}, {"text", text}, {"details", details}});
  }
  void keep(const std::string& name, const std::string& why) { tell(name, "warning", "Kept", why); }
  void fail(const std::string& name, const Error& error) {
    tell(name, "error", "Removing");
    faults_.add(error.words);
  }
  [[nodiscard]] Result<void> result() const { return faults_.result(); }

 private:
  std::string kind_;
  Progress& progress_;
  Faults faults_;
};

bool is_meant(const std::string& project, const StackStorage& storage, const VolumeRecord& record) {
  if (storage.external.contains(record.name)) return false;
  if (storage.volumes.contains(record.name)) return true;
  return record.project == project && (record.anonymous || !storage.has_model);
}

void remove_unused(const std::string& name, const volumes::UsersOf& users, Removing& removing) {
  const std::vector<std::string> used_by = users(name);
  if (!used_by.empty()) return removing.keep(name, "it is used by " + quoted_list(used_by));
  removing.tell(name, "working", "Removing");
  const auto removed = volumes::remove(volumes::kVolumesRoot, name, users);
  if (!removed) return removing.fail(name, removed.error());
  removing.tell(name, "done", "Removed");
}

void remove_volume(const std::string& project, const VolumeRecord& record, const InUse& in_use,
                   Removing& removing) {
  const bool others = !record.project.empty() && record.project != project;
  const auto users = [&](const std::string& name) { return users_of(in_use, name); };
  if (others && users(record.name).empty())
    return removing.keep(record.name, "stack \"" + record.project + "\" has made it");
  remove_unused(record.name, users, removing);
}

void remove_image(Store& store, const StoredImage& image, const InUse& in_use, Removing& removing) {
  const std::string name = short_image_name(image.name);
  const auto users = in_use.image_users.find(image.id);
  if (users != in_use.image_users.end())
    return removing.keep(name, "it is used by " + quoted_list(users->second));
  removing.tell(name, "working", "Removing");
  const auto removed = store.remove(image.name, in_use.images);
  if (!removed) return removing.fail(name, removed.error());
  removing.tell(name, "done", "Removed");
}

}  // namespace

StackStorage storage_of(const std::string& project, const Globals& globals) {
  StackStorage storage;
  std::string unsaid;  // a damaged intent does not keep a stack from going down
  const auto intent = load_intent(Paths(project), unsaid);
  if (intent && *intent) add(storage, (*intent)->spec);
  // What came up with a profile goes too, though the command that takes it down names none.
  if (const auto spec = whole_spec_if_any(globals)) add(storage, *spec);
  return storage;
}

Result<void> remove_volumes_of(const std::string& project, const StackStorage& storage, Progress& progress) {
  std::vector<std::string> broken;
  const std::vector<VolumeRecord> records = TRY(volumes::list(volumes::kVolumesRoot, broken));
  const UniqueFd lock = TRY(lock_storage(tell_of_wait));
  const InUse in_use = TRY(used_by_stacks().with("remove the volumes of \"" + project + "\""));
  Removing removing("Volume", progress);
  for (const VolumeRecord& record : records)
    if (is_meant(project, storage, record)) remove_volume(project, record, in_use, removing);
  return removing.result();
}

Result<void> remove_anonymous_volumes(const std::string& project, const std::vector<std::string>& services,
                                      Progress& progress) {
  std::string unsaid;  // the reconciler has told what is wrong with an intent
  const auto intent = TRY(load_intent(Paths(project), unsaid));
  if (!intent) return {};
  const UniqueFd lock = TRY(lock_storage(tell_of_wait));
  const InUse in_use = TRY(used_by_stacks().with("remove the volumes of \"" + project + "\""));
  Removing removing("Volume", progress);
  for (const std::string& service : services) {
    const auto spec = intent->spec.services.find(service);
    if (spec == intent->spec.services.end()) continue;
    const auto others = [&](const std::string& name) {
      std::vector<std::string> users = users_of(in_use, name);
      std::erase(users, project + ": " + service);
      return users;
    };
    for (const Mount& mount : spec->second.mounts)
      if (mount.type == Mount::Type::volume && mount.source.empty())
        remove_unused(volume_of(project, spec->second, mount), others, removing);
  }
  return removing.result();
}

Result<void> remove_images_of(const StackStorage& storage, ImagesToRemove which, Progress& progress) {
  if (which == ImagesToRemove::none) return {};
  const std::set<std::string>& names = which == ImagesToRemove::all ? storage.images : storage.built;
  Store store;
  const UniqueFd lock = TRY(lock_storage(tell_of_wait));
  const InUse in_use = TRY(used_by_stacks().with("remove images"));
  Removing removing("Image", progress);
  std::set<std::string> seen;
  for (const StoredImage& image : TRY(store.list()))
    if (names.contains(image.name) && seen.insert(image.name).second)
      remove_image(store, image, in_use, removing);
  return removing.result();
}

}  // namespace stack::cmd
