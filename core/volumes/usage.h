// How much of the disk a volume takes.
#pragma once

#include <cstdint>
#include <string>

#include "specs/result.h"

namespace stack::volumes {

struct UsageLimits {
  std::uint64_t entries = 2'000'000;
  int depth = 128;
};

struct Usage {
  std::uint64_t bytes = 0;  // blocks on the disk; a file with several names counts once
  bool complete = true;     // false: at least this much, counting has come to a limit
};

// What the volume has on its own file system: a mounted bind or NFS export counts as nothing, what is mounted
// deeper within is left out. Containers may write meanwhile.
Result<Usage> usage(const std::string& root, const std::string& name, const UsageLimits& limits = {});

}  // namespace stack::volumes
