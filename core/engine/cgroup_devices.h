// Which device nodes a container may use, as both generations of the device controller need it. Pure.
#pragma once

#include <linux/bpf.h>

#include <set>
#include <string>
#include <vector>

#include "core/engine/cgroup.h"

namespace stack::cgroup {

// The rules of `policy` and the usual ones: null, zero, full, random, urandom, tty, ptmx, pts/*, and mknod of
// any node (a node that may be made but not opened is harmless, and tar and package tools make them).
std::vector<DeviceRule> device_rules(const DevicePolicy& policy);

// The lines that devices.list shows, and that devices.allow and devices.deny take: "c 1:3 rwm".
std::set<std::string> device_lines_v1(const DevicePolicy& policy);

// A BPF_PROG_TYPE_CGROUP_DEVICE program that returns 1 for an access that one of the rules covers, else 0.
std::vector<bpf_insn> device_program(const DevicePolicy& policy);

}  // namespace stack::cgroup
