#include "cmd/stack/volume_names.h"

#include "specs/diagnostics.h"

namespace stack::cmd {

Error no_volume(const std::string& name) {
  std::vector<std::string> unsaid;
  std::vector<std::string> names;
  const auto records = volumes::list(volumes::kVolumesRoot, unsaid);
  if (records)
    for (const volumes::VolumeRecord& record : *records) names.push_back(record.name);
  const std::string near = nearest(name, names);
  const std::string advice =
      near.empty() ? "\"stack volume ls\" shows what is" : "did you mean \"" + near + "\"?";
  return fault("volume \"" + name + "\" is not there: " + advice);
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
