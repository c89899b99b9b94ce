// Attaches device programs to v2 cgroups. A cgroup of ours carries one program at most, however often it is
// asked for.
#pragma once

#include <linux/bpf.h>

#include <map>
#include <string>
#include <vector>

#include "core/engine/cgroup.h"
#include "core/engine/cgroup_files.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::cgroup {

class DeviceFilter {
 public:
  // `made` spares the question what is attached, which a cgroup made just now cannot have.
  Result<void> apply(const std::string& folder, const DevicePolicy& policy, Made made);

 private:
  Result<int> program(const DevicePolicy& policy);

  // Loaded programs by their instructions: fifty alike services pass the verifier once.
  std::map<std::string, UniqueFd> programs_;
};

}  // namespace stack::cgroup
