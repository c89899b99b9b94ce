// cgroup v1: one folder a container in each hierarchy that is mounted (legacy and hybrid hosts, co-mounts
// included).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/engine/cgroup.h"
#include "core/engine/cgroup_files.h"
#include "core/engine/cgroup_values.h"

namespace stack::cgroup {

class DriverV1 final : public Driver {
 public:
  // Where each controller is mounted: "cpu" -> "/sys/fs/cgroup/cpu,cpuacct".
  explicit DriverV1(std::map<std::string, std::string> mounts);

  [[nodiscard]] Version version() const override { return Version::v1; }
  [[nodiscard]] std::vector<std::string> unsupported(const Resources& resources) const override;
  Result<void> create(const std::string& path, const Resources& resources,
                      const DevicePolicy& devices) override;
  Result<void> update(const std::string& path, const Resources& resources) override;
  [[nodiscard]] std::vector<Limit> limits(const std::string& path, const Resources& resources) const override;
  Result<Entry> entry(const std::string& path) override;
  [[nodiscard]] bool exists(const std::string& path) const override;
  Result<void> kill(const std::string& path) override;
  Result<void> freeze(const std::string& path) override;
  Result<void> thaw(const std::string& path) override;
  Result<std::vector<int>> processes(const std::string& path) const override;
  Result<Readings> read(const std::string& path) const override;
  Result<Usage> usage(const std::string& path) const override;
  Result<void> remove(const std::string& path) override;

 private:
  // The container's folder in the hierarchy of `controller`; empty where that is not mounted.
  [[nodiscard]] std::string folder(const std::string& controller, const std::string& path) const;
  [[nodiscard]] std::string leading(const std::string& path) const { return leading_ + "/" + path; }
  Result<Made> make_in(const std::string& hierarchy, const std::string& path);
  Result<void> fill_cpuset(const std::string& path) const;
  Result<void> need(const std::string& controller, const std::string& path);
  Result<void> write_limits(const std::string& path, const Resources& resources,
                            const std::set<std::string>& made);
  Result<void> write_memory(const std::string& path, const std::vector<Setting>& memory) const;
  Result<void> write_devices(const std::string& path, const DevicePolicy& policy, Made made) const;
  [[nodiscard]] bool has_file(const std::string& controller, const std::string& file) const;

  std::map<std::string, std::string> mounts_;
  std::set<std::string> hierarchies_;  // the mount points in which every container gets a folder
  std::string leading_;                // the one of them that is asked who the processes are
  mutable std::map<std::string, std::set<std::string>> files_;  // of a new cgroup, by mount point
};

}  // namespace stack::cgroup
