#include "cmd/stack/volume_names.h"

#include "specs/diagnostics.h"

namespace stack::cmd {

std::vector<std::string> volume_names() {
  std::vector<std::string> unsaid;
  std::vector<std::string> names;
  const auto records = volumes::list(volumes::kVolumesRoot, unsaid);
  if (records)
    for (const volumes::VolumeRecord& record : *records) names.push_back(record.name);
  return names;
}

Error no_volume(const std::string& name) {
  return fault("volume \"" + name +
               "\" is not there: " + did_you_mean(name, volume_names(), "\"stack volume ls\" shows what is"));
}

Result<volumes::VolumeRecord> find_volume(const std::string& name) {
  auto record = TRY(volumes::read(volumes::kVolumesRoot, name));
  if (!record) return no_volume(name);
  return *std::move(record);
}

std::vector<std::string> users_of(const InUse& in_use, const std::string& name) {
  const auto users = in_use.volumes.find(name);
  return users == in_use.volumes.end() ? std::vector<std::string>{} : users->second;
}

}  // namespace stack::cmd
