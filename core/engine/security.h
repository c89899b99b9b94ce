// What a container's process may do, computed by the parent as plain data that the child only has to load.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::security {

// Bit n is capability n (capabilities(7)). Inheritable and ambient stay empty (CVE-2022-24769).
struct Capabilities {
  std::uint64_t bounding = 0;
  std::uint64_t permitted = 0;  // for uid 0; a non-root user starts with none and cannot gain any
};

// The default set (Docker's fourteen), with cap_add, cap_drop and privileged applied. Unknown names are a
// fault.
Result<Capabilities> capabilities(const ServiceSpec& service);

using SeccompProgram = std::shared_ptr<const std::vector<sock_filter>>;  // null: no filter

// Compiles the service's profile (standard, a file, or none) for the capabilities it holds. Programs are
// cached by profile and capabilities: fifty alike services compile once.
Result<SeccompProgram> seccomp_program(const ServiceSpec& service, const Capabilities& held);

struct Labels {         // empty where SELinux is off or label=disable
  std::string process;  // written to /proc/self/attr/exec by the child before exec
  std::string mount;    // the context= of the container's own mounts
};
// Types from lxc_contexts; `mcs` ("c12,c345") from mcs_pair.
Result<Labels> labels(const ServiceSpec& service, const std::string& mcs);
// A category pair for the n-th sharing group of the host, distinct for each n below 1024 * 1023 / 2.
std::string mcs_pair(std::uint32_t n);

// Of a mount label, without the group's categories: for what all containers may share (`z`).
std::string shared_label(const Labels& labels);
// relabel.cpp: everything below what `fd` (O_PATH suffices) is open on, unless that has the label already. No
// symlink is followed and no mount is entered. `name` is for the words of an error.
Result<void> relabel(int fd, const std::string& label, const std::string& name);

}  // namespace stack::security
