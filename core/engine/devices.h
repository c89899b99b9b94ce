// The device nodes of the host that a service asks for: what is made in the container's /dev, and what its
// cgroup allows of it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/engine/cgroup.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::engine {

struct DeviceNode {
  std::string name;    // below the container's /dev: "snd/timer"
  std::string source;  // on the host
  mode_t mode = 0;     // kind and permission bits of the host's
  dev_t number = 0;
  uid_t uid =
      0;  // of the host's, to be taken as the container's: so that its own "video" or "dialout" counts
  gid_t gid = 0;
  std::string permissions;
};

// Every node of `devices`, folders gone through. Fails with words that begin with "devices: " where one is
// not there.
Result<std::vector<DeviceNode>> device_nodes(const ServiceSpec& service);

// What its cgroup allows beside the usual devices: those of `devices` and of `device_cgroup_rules`.
Result<cgroup::DevicePolicy> device_policy(const ServiceSpec& service);

}  // namespace stack::engine
