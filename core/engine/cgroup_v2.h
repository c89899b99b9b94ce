// cgroup v2: one folder a container in the one hierarchy, its controllers handed down level by level.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/engine/cgroup.h"
#include "core/engine/cgroup_files.h"
#include "core/engine/cgroup_values.h"
#include "core/engine/device_filter.h"

namespace stack::cgroup {

class DriverV2 final : public Driver {
 public:
  explicit DriverV2(std::string root) : root_(std::move(root)) {}

  [[nodiscard]] Version version() const override { return Version::v2; }
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
  [[nodiscard]] std::string folder(const std::string& path) const { return root_ + "/" + path; }
  Result<void> prepare(const std::string& parent);
  Result<Made> make(const std::string& path);
  Result<void> write_limits(const std::string& path, const Resources& resources, Made made) const;
  [[nodiscard]] std::vector<Setting> settings(const Resources& resources, const std::string& path) const;
  [[nodiscard]] const std::set<std::string>& files() const;

  std::string root_;
  DeviceFilter device_filter_;
  std::set<std::string> prepared_;  // parents whose children have our controllers
  mutable std::optional<std::set<std::string>> files_;
};

// Hands the controllers that containers need down to the children of `folder`; one that the kernel refuses
// there is left out, and shows as a missing file.
Result<void> hand_down_controllers(const std::string& folder);

}  // namespace stack::cgroup
