#include "specs/active_profiles.h"

#include <algorithm>

#include "specs/text.h"

namespace stack {
namespace {

constexpr const char* kEvery = "*";

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> asked_for(const LoadOptions& options,
                                   const std::map<std::string, std::string>& environment) {
  if (!options.profiles.empty()) return options.profiles;
  const auto list = environment.find("COMPOSE_PROFILES");
  return list == environment.end() ? std::vector<std::string>{} : split(list->second, ',');
}

}  // namespace

ActiveProfiles::ActiveProfiles(const LoadOptions& options,
                               const std::map<std::string, std::string>& environment, const Node* services) {
  for (const std::string& name : asked_for(options, environment))
    if (std::string profile = trimmed(name); !profile.empty()) names_.insert(std::move(profile));
  if (services == nullptr) return;
  std::set<std::string> of_named;
  for (const std::string& name : options.services) {
    const Node* const service = services->find(name);
    if (service == nullptr || activate(*service)) continue;
    for (std::string& profile : profiles_of(*service)) of_named.insert(std::move(profile));
  }
  names_.merge(of_named);
}

bool ActiveProfiles::activate(const Node& service) const {
  const Node* const written = service.find("profiles");
  // One that is no list is active: so its fault is told.
  if (written == nullptr || !written->is_list() || written->items.empty() || names_.contains(kEvery))
    return true;
  const std::vector<std::string> profiles = profiles_of(service);
  return std::any_of(profiles.begin(), profiles.end(),
                     [&](const std::string& profile) { return names_.contains(profile); });
}

std::vector<std::string> profiles_of(const Node& service) {
  std::vector<std::string> profiles;
  const Node* const written = service.find("profiles");
  if (written == nullptr || !written->is_list()) return profiles;
  for (const Node& item : written->items)
    if (item.is_scalar()) profiles.push_back(item.text);
  return profiles;
}

std::set<std::string> all_profiles(const StackSpec& spec) {
  std::set<std::string> all;
  for (const auto& [name, service] : spec.services)
    all.insert(service.profiles.begin(), service.profiles.end());
  for (const auto& [name, profiles] : spec.inactive) all.insert(profiles.begin(), profiles.end());
  return all;
}

void check_profiles(const LoadOptions& options, const StackSpec& spec, Diagnostics& diagnostics) {
  const std::set<std::string> known = all_profiles(spec);
  for (const std::string& name : options.profiles) {
    if (name == kEvery || known.contains(name)) continue;
    const std::string hint = did_you_mean(name, {known.begin(), known.end()});
    diagnostics.warning({}, FaultCode::unknown_profile,
                        "--profile " + name + ": no service has it" + (hint.empty() ? "" : ": " + hint));
  }
}

}  // namespace stack
