// Turns a profile into the instructions that seccomp(2) takes.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "core/engine/seccomp_profile.h"
#include "specs/result.h"

namespace stack::security {

Result<std::vector<sock_filter>> compile_seccomp(const SeccompProfile& profile);

// The standard profile for the default capabilities, compiled when stack was built (precompile/).
const sock_filter* precompiled_seccomp_begin();
const sock_filter* precompiled_seccomp_end();

}  // namespace stack::security
