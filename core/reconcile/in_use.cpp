#include "core/reconcile/in_use.h"

#include <sys/stat.h>

#include <algorithm>

#include "core/reconcile/history.h"
#include "core/reconcile/record.h"
#include "core/reconcile/storage.h"
#include "core/sys/dir.h"
#include "specs/canonical.h"

namespace stack {
namespace {

void add_image(InUse& used, const ImageRef& image, const std::string& user) {
  if (image.id.empty()) return;
  used.images.insert(image.id);
  used.images.insert(image.layers.begin(), image.layers.end());
  std::vector<std::string>& users = used.image_users[image.id];
  if (std::find(users.begin(), users.end(), user) == users.end()) users.push_back(user);
}

void add_service(InUse& used, const std::string& project, const ServiceSpec& service) {
  const std::string user = project + ": " + service.name;
  add_image(used, service.image, user);
  for (const Mount& mount : service.mounts) {
    if (mount.type == Mount::Type::image) add_image(used, mount.image, user);
    if (mount.type != Mount::Type::volume) continue;
    std::vector<std::string>& users = used.volumes[volume_of(project, service, mount)];
    if (std::find(users.begin(), users.end(), user) == users.end()) users.push_back(user);
  }
}

// "--force-recreate" may be among the record's keys: it makes no other model.
bool is_of(const ContainerRecord& record, const StackSpec& spec) {
  const auto service = spec.services.find(record.service);
  if (service == spec.services.end()) return false;
  auto keys = record.keys;
  keys.erase("--force-recreate");
  return keys == recreate_keys(service->second);
}

// Containers that run by the generation before, until they are replaced; and one-offs, which are in no
// intent.
Result<void> add_older(InUse& used, const Paths& paths, const std::string& project, const StackSpec& now) {
  std::vector<std::string> faults;
  const auto records = TRY(load_records(paths, faults));
  if (!faults.empty()) return fault(faults.front());
  for (const auto& [name, record] : records) {
    if (record.one_off) add_service(used, project, record.one_off->needs.services.at(name));
    if (record.one_off || !has_process(record.state) || is_of(record, now)) continue;
    const auto before = TRY(load_previous_intent(paths));
    if (!before || !is_of(record, before->spec))
      return fault("\"" + name + "\" is being replaced just now; try again when that is done");
    add_service(used, project, before->spec.services.at(name));
  }
  return {};
}

// By itself. For `stack rollback` alone images are not kept: somebody is there who can bring them.
bool may_go_back(const StackSpec& spec) {
  return std::any_of(spec.services.begin(), spec.services.end(), [](const auto& one) {
    const auto& config = one.second.update_config;
    return config && config->on_failure == UpdateConfig::OnFailure::roll_back;
  });
}

Result<void> add_stack(InUse& used, const Paths& paths, const std::string& project) {
  std::string warning;
  const auto intent = load_intent(paths, warning);
  // A generation that it fell back to is not what the stack is by.
  if (!warning.empty())
    return fault(warning.substr(0, warning.find('\n')) + ": bring the stack up again, or take it down");
  if (!intent) return intent.error();
  if (!*intent) return {};
  const StackSpec& spec = (*intent)->spec;
  if (const auto good = (*intent)->standing.good; good != 0 && may_go_back(spec)) {
    const Intent then = TRY(load_generation(paths, good));
    for (const auto& [name, service] : then.spec.services) add_service(used, project, service);
  }
  for (const auto& [name, service] : spec.services) add_service(used, project, service);
  return add_older(used, paths, project, spec);
}

// Or a link to one, on another disk.
bool leads_to_folder(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

}  // namespace

Result<std::vector<std::string>> stacks_in(const std::string& lib) {
  std::vector<std::string> names = TRY(names_if_there(lib));
  std::erase_if(names, [&](const std::string& name) {
    return name.starts_with('.') || !leads_to_folder(lib + "/" + name);
  });
  std::sort(names.begin(), names.end());
  return names;
}

Result<InUse> used_by_stacks(const std::string& lib, const std::string& run) {
  InUse used;
  for (const std::string& project : TRY(stacks_in(lib))) {
    TRY(add_stack(used, Paths(project, lib, run), project)
            .with("find out what stack \"" + project + "\" uses"));
  }
  return used;
}

}  // namespace stack
