// What the reconciler knows of one container beyond what the kernel tells: kept in /run, one file a
// container, written before each step whose loss would matter, so that the next reconciler goes on where this
// one was killed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/control/paths.h"
#include "core/engine/namespaces.h"
#include "core/plan/model.h"
#include "net/ipam.h"
#include "specs/result.h"

namespace stack {

// What makes a container a one-off of `stack run`. It is wanted by its record alone, not by the intent: so it
// ends with the boot, and a file that changes does not touch it.
struct OneOff {
  // The one-off as the only service, under its name, and what it needs of the file beside it: networks,
  // configs, secrets.
  StackSpec needs;
  bool remove = false;     // --rm: nothing is left of it once it has ended
  bool detach = false;     // -d: let go by its client once it runs
  bool held = false;       // its client is there, and holds the other end of what the keeper keeps for it
  bool abandoned = false;  // its client is gone before its time: it is to end
  bool told = false;       // how it ended; not kept, for a new reconciler's client asks again
  std::map<std::string, net::Addresses> addresses;  // by network key
};

// A hash that no container is made with: `stack rm` is taking it away, and nobody has asked for another.
inline constexpr const char* kRemovedByHand = "removed";

struct ContainerRecord {
  std::string service;  // or the one-off's name
  std::string name;     // "project-service-1"
  std::string id;       // 64 hex digits
  ContainerState state = ContainerState::absent;
  bool stop_asked = false;  // its end is ours: the restart policy does not apply
  bool paused = false;      // its processes are to hold still; until its end, or `unpause`
  bool halted = false;      // stopped by a signal that was asked for (`kill -s STOP`); until SIGCONT

  std::string hash, resources_hash;
  std::map<std::string, std::string> keys;
  std::set<std::string> sandboxes, depends_on;
  std::string group, pid_owner;
  bool own_pid_namespace = true;  // neither the host's nor pid_owner's
  engine::IdRange ids;

  std::string boot_id;
  pid_t pid = -1;
  std::uint64_t start_time = 0;                                  // field 22 of /proc/PID/stat
  std::int64_t created_ns = 0, started_ns = 0, finished_ns = 0;  // CLOCK_REALTIME
  std::int64_t started_mono_ns = 0, next_start_ns = 0;  // CLOCK_MONOTONIC, which stands for this boot

  std::optional<ExitRecord> exit;
  std::string exit_reason;      // words: "signal 9 (SIGKILL)"
  std::uint64_t oom_kills = 0;  // the cgroup's counter when the process was started
  bool restarting = false;
  int failures = 0;
  // Hooks of this run that have ended well, and why one of post_start did not.
  int post_start_done = 0, pre_stop_done = 0;
  std::string hook_fault;
  // The wire text of the service as it was started, where it has pre_stop hooks: they are run although the
  // file has no such service any more.
  std::string pre_stop_of;
  int restarts = 0;
  bool updated = false;      // it has taken the place of one that was made otherwise
  std::string update_fault;  // why that was no success

  std::string stop_signal = "SIGTERM";
  Nanoseconds grace{0};
  Health health = Health::none;
  std::optional<OneOff> one_off;
};

using Records = std::map<std::string, ContainerRecord>;

// What the planner is told of it.
ObservedContainer observed(const ContainerRecord& record);

// What is written of it, at Paths::container_state.
std::string record_text(const ContainerRecord& record);
// Those of this boot; a file that cannot be read is a fault told in `faults`, not a reason to lose the
// others.
Result<std::map<std::string, ContainerRecord>> load_records(const Paths& paths,
                                                            std::vector<std::string>& faults);

}  // namespace stack
