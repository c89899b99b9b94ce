// One small interface over both generations of cgroups: the same keys of the file in, the same readings out.
// A container's cgroup is named by its path below the host's cgroup root(s), "stack/PROJECT/CONTAINER".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cgroup {

enum class Version { v1, v2 };

// How a new process enters the cgroup. v2: `into` goes to clone3(CLONE_INTO_CGROUP). v1: the child writes "0"
// to each of `tasks` itself: for the writing thread the kernel skips the global threadgroup lock, whose RCU
// wait costs up to 45 ms (cgroup_procs_write_start in kernel/cgroup/cgroup.c).
struct Entry {
  UniqueFd into;
  std::vector<UniqueFd> tasks;
};

struct DeviceRule {
  char type = 'c';          // 'c' or 'b' or 'a'
  std::int64_t major = -1;  // -1 is any
  std::int64_t minor = -1;
  std::string access = "rwm";
};
struct DevicePolicy {
  bool allow_all = false;         // privileged
  std::vector<DeviceRule> allow;  // beside the usual eight
};

struct Readings {
  std::uint64_t memory_bytes = 0;
  std::uint64_t cpu_usec = 0;
  std::uint64_t pids = 0;
  std::uint64_t oom_kills = 0;  // processes the OOM killer took since the cgroup was made
};

// What `stack stats` shows.
struct Usage {
  std::uint64_t cpu_usec = 0;
  std::uint64_t memory_bytes = 0;             // without the file cache that would be given up first
  std::optional<std::uint64_t> memory_limit;  // absent: none but the host's memory
  std::uint64_t pids = 0;
  struct Io {
    std::uint64_t read = 0, written = 0;  // bytes
  };
  std::optional<Io> io;  // absent where nobody counts it
};

// A control file of a live cgroup and what it shall hold.
struct Limit {
  std::string file;  // whole path
  std::string value;
};

class Driver {
 public:
  virtual ~Driver() = default;
  [[nodiscard]] virtual Version version() const = 0;
  // Words of why `resources` cannot be kept on this host (a controller that is missing), one an entry; empty:
  // all can.
  [[nodiscard]] virtual std::vector<std::string> unsupported(const Resources& resources) const = 0;
  // Makes the cgroup (parents too) and writes limits and device policy; one that is there already is brought
  // to the same state. Only values that the kernel does not hold already are written.
  virtual Result<void> create(const std::string& path, const Resources& resources,
                              const DevicePolicy& devices) = 0;
  // Brings the limits of a live cgroup to `resources`, unlimited where a limit is absent.
  virtual Result<void> update(const std::string& path, const Resources& resources) = 0;
  // The files that update() brings to `resources`, those of unlimited values too, but for the tables of block
  // devices.
  [[nodiscard]] virtual std::vector<Limit> limits(const std::string& path,
                                                  const Resources& resources) const = 0;
  virtual Result<Entry> entry(const std::string& path) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) const = 0;
  // SIGKILL to every process in it: cgroup.kill, or freeze, kill and thaw. None there is no error.
  virtual Result<void> kill(const std::string& path) = 0;
  // Holds every process of it still, and lets them go on; as it is already is no error. A process in
  // uninterruptible sleep holds still when it wakes. What is not there cannot be frozen, and is thawed.
  virtual Result<void> freeze(const std::string& path) = 0;
  virtual Result<void> thaw(const std::string& path) = 0;
  // Every process in the cgroup and below.
  virtual Result<std::vector<int>> processes(const std::string& path) const = 0;
  virtual Result<Readings> read(const std::string& path) const = 0;
  virtual Result<Usage> usage(const std::string& path) const = 0;
  // Removes the cgroup and all below it; already gone is no error. Fails with EBUSY while processes are in
  // it.
  virtual Result<void> remove(const std::string& path) = 0;
};

// Chooses by what is mounted: v2 where /sys/fs/cgroup is cgroup2, else v1 (legacy or hybrid).
// `root` replaces /sys/fs/cgroup in unit tests, which give a folder of plain files.
Result<std::unique_ptr<Driver>> detect(const std::string& root = "/sys/fs/cgroup");

}  // namespace stack::cgroup
