#include "core/reconcile/inactive.h"

#include <algorithm>
#include <map>

#include "specs/one_off.h"

namespace stack {
namespace {

using Services = std::map<std::string, ServiceSpec>;

template <typename T>
void keep(const std::map<std::string, T>& before, std::map<std::string, T>& now, const std::string& key) {
  if (const auto it = before.find(key); it != before.end()) now.try_emplace(key, it->second);
}

void keep_what_it_uses(const StackSpec& before, const ServiceSpec& service, StackSpec& spec) {
  for (const auto& [key, attachment] : service.networks) keep(before.networks, spec.networks, key);
  for (const FileMount& mount : service.configs) keep(before.configs, spec.configs, mount.source);
  for (const FileMount& mount : service.secrets) keep(before.secrets, spec.secrets, mount.source);
  for (const auto& [key, volume] : before.volumes) {
    const auto is_of_it = [&name = volume.name](const Mount& mount) {
      return mount.type == Mount::Type::volume && mount.source == name;
    };
    if (std::any_of(service.mounts.begin(), service.mounts.end(), is_of_it))
      keep(before.volumes, spec.volumes, key);
  }
}

// Takes out who needs a namespace or volumes of one that is not there, until everybody left has what it
// needs.
void drop_unsupported(const Services& active, Services& kept) {
  const auto is_there = [&](const std::string& name) { return active.contains(name) || kept.contains(name); };
  const auto lacks_owner = [&](const auto& entry) {
    const auto& needs = entry.second.depends_on;
    return std::any_of(needs.begin(), needs.end(),
                       [&](const auto& need) { return need.second.implicit && !is_there(need.first); });
  };
  while (std::erase_if(kept, lacks_owner) > 0) {
  }
  for (auto& [name, service] : kept)
    std::erase_if(service.depends_on, [&](const auto& need) { return !is_there(need.first); });
}

}  // namespace

bool is_left_alone(const StackSpec& spec, const std::string& service) {
  return spec.inactive.contains(service_behind(service));
}

void keep_inactive(const StackSpec& before, StackSpec& spec) {
  Services kept;
  for (const auto& [name, service] : before.services)
    if (is_left_alone(spec, name)) kept[name] = service;
  drop_unsupported(spec.services, kept);
  for (const auto& [name, service] : kept) keep_what_it_uses(before, service, spec);
  spec.services.merge(kept);
}

}  // namespace stack
