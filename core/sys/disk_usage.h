// How much of the disk a tree takes.
#pragma once

#include <cstdint>

#include "core/sys/unique_fd.h"

namespace stack {

struct DiskUsageLimits {
  std::uint64_t entries = 2'000'000;
  int depth = 128;  // each level has a descriptor
};

struct DiskUsage {
  std::uint64_t bytes = 0;  // blocks on the disk; a file with several names counts once
  bool complete = true;     // false: at least this much, counting has come to a limit
};

// The folder and what is below it, without what is mounted there. Whoever writes in it may go on: what
// disappears meanwhile, or cannot be read, is left out, for this is a figure for people.
DiskUsage disk_usage(UniqueFd folder, const DiskUsageLimits& limits = {});

}  // namespace stack
