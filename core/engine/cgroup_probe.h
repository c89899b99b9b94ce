// What this host's cgroups can do, asked before anything starts; and the write of per-device limits, which
// both drivers do alike.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/engine/cgroup_values.h"
#include "specs/result.h"

namespace stack::cgroup {

// The control files of a cgroup below `parent`, learnt from one made for the purpose: most are missing on the
// root cgroup.
std::set<std::string> files_of_new_cgroup(const std::string& parent);

// Why a control file of a controller cannot be written; empty: it can.
using Obstacle = std::function<std::string(const std::string& controller, const std::string& file)>;

// "KEY: why" for each limit of `resources` that has an obstacle.
std::vector<std::string> missing_files(const std::vector<Setting>& settings,
                                       const std::vector<DeviceTable>& tables, const Resources& resources,
                                       const Obstacle& obstacle);

// Brings the lines of `file` to the table's; devices that it does not name are cleared.
Result<void> bring_devices_to(const std::string& file, const DeviceTable& table);

}  // namespace stack::cgroup
