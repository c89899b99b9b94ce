#include <map>
#include <sstream>
#include <string>

#include "core/engine/cgroup.h"
#include "core/engine/cgroup_files.h"
#include "core/engine/cgroup_v1.h"
#include "core/engine/cgroup_v2.h"
#include "core/sys/files.h"

namespace stack::cgroup {
namespace {

constexpr const char* kNames[] = {"cpu",     "cpuacct", "cpuset", "memory",
                                  "devices", "freezer", "blkio",  "pids"};

void note_controllers(const std::string& words, const std::string& mount,
                      std::map<std::string, std::string>& mounts) {
  std::istringstream names(words);
  for (std::string name; std::getline(names, name, ',');) {
    for (const std::string known : kNames)
      if (name == known) mounts.emplace(name, mount);
  }
}

// /proc/self/mountinfo: "36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices"
// (proc(5)).
std::map<std::string, std::string> mounted_controllers(const std::string& mountinfo,
                                                       const std::string& root) {
  std::map<std::string, std::string> mounts;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash));
    std::istringstream after(line.substr(dash + 3));
    std::string word, mount, type, source, options;
    before >> word >> word >> word >> word >> mount;
    after >> type >> source >> options;
    if (type == "cgroup" && mount.starts_with(root + "/")) note_controllers(options, mount, mounts);
  }
  return mounts;
}

// A unit test's folder is no mount: its subfolders are named by their controllers.
Result<std::map<std::string, std::string>> named_controllers(const std::string& root) {
  std::map<std::string, std::string> mounts;
  for (const std::string& name : TRY(folders_in(root))) note_controllers(name, root + "/" + name, mounts);
  return mounts;
}

}  // namespace

Result<std::unique_ptr<Driver>> detect(const std::string& root) {
  // Each v2 cgroup lists its controllers, no v1 root does; on a hybrid host v2 is mounted elsewhere, without
  // controllers.
  if (is_there(root + "/cgroup.controllers"))
    return std::unique_ptr<Driver>(std::make_unique<DriverV2>(root));
  auto mounts = mounted_controllers(TRY(read_file("/proc/self/mountinfo")), root);
  if (mounts.empty()) mounts = TRY(named_controllers(root));
  const bool usable = mounts.contains("cpu") || mounts.contains("memory") || mounts.contains("pids") ||
                      mounts.contains("freezer") || mounts.contains("devices") || mounts.contains("cpuacct");
  if (!usable) return fault("find cgroups: nothing is mounted at \"" + root + "\"");
  return std::unique_ptr<Driver>(std::make_unique<DriverV1>(std::move(mounts)));
}

}  // namespace stack::cgroup
