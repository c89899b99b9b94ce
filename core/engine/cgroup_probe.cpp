#include "core/engine/cgroup_probe.h"

#include <unistd.h>

#include <cctype>

#include "core/engine/cgroup_files.h"
#include "core/sys/dir.h"
#include "core/sys/files.h"

namespace stack::cgroup {
namespace {

// The kernel prints rates that are not limited as "max", or leaves the device out.
bool is_device_line(const std::string& line) {
  return !line.empty() && std::isdigit(static_cast<unsigned char>(line[0]));
}

}  // namespace

std::set<std::string> files_of_new_cgroup(const std::string& parent) {
  std::set<std::string> names;
  const std::string folder = parent + "/stack.probe";
  if (!make_folder(folder)) return names;
  {
    const Dir dir(::opendir(folder.c_str()));
    while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) names.insert(entry->d_name);
  }
  ::rmdir(folder.c_str());  // ENOENT: another stack probed at the same time and was quicker
  return names;
}

std::vector<std::string> missing_files(const std::vector<Setting>& settings,
                                       const std::vector<DeviceTable>& tables, const Resources& resources,
                                       const Obstacle& obstacle) {
  std::vector<std::string> words;
  const auto check = [&](const std::string& key, const std::string& controller, const std::string& file) {
    const std::string why = obstacle(controller, file);
    if (!why.empty()) words.push_back(key + ": " + why);
  };
  for (const Setting& setting : settings) {
    if (setting.value != setting.initial) check(setting.key, setting.controller, setting.file);
  }
  for (const DeviceTable& table : tables) {
    if (!table.lines.empty()) check(table.key, table.controller, table.file);
  }
  if (resources.memory_swap && *resources.memory_swap >= 0 && !resources.memory)
    words.emplace_back("memswap_limit: counts memory and swap together, so it needs \"mem_limit\"");
  return words;
}

Result<void> bring_devices_to(const std::string& file, const DeviceTable& table) {
  if (!is_there(file) && table.lines.empty()) return {};
  std::map<std::string, std::string> held;
  for (const std::string& line : TRY(lines_of(file))) {
    const auto space = line.find(' ');
    if (is_device_line(line) && space != std::string::npos)
      held[line.substr(0, space)] = line.substr(space + 1);
  }
  for (const auto& [device, words] : table.lines) {
    if (held[device] != words) TRY(write_existing(file, device + " " + words));
    held.erase(device);
  }
  for (const auto& [device, words] : held) {
    if (words != table.cleared) TRY(write_existing(file, device + " " + table.cleared));
  }
  return {};
}

}  // namespace stack::cgroup
