// All that one reconciler holds: the open doors to the kernel and to the keeper, what is wanted, and what is
// known. Its parts (executor, supervisor, health, control) work on it; none of them keeps a second copy.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/control/paths.h"
#include "core/engine/cgroup.h"
#include "core/engine/launch.h"
#include "core/engine/staging.h"
#include "core/keeper/keeper_link.h"
#include "core/plan/model.h"
#include "core/reconcile/intent.h"
#include "core/reconcile/record.h"
#include "core/reconcile/state_files.h"
#include "net/dns_server.h"
#include "net/firewall_table.h"
#include "net/links.h"

namespace stack {

// Descriptors of a running container; the keeper holds duplicates of them.
struct Process {
  UniqueFd pidfd, out, err;
  keeper::LogLimits limits;
};

struct Progress {
  std::string id;      // "Container shop-web-1"
  std::string status;  // working, done, warning, error
  std::string text;    // "Starting"
  std::string details;
};

// What of the stack is no longer as it was made, though nothing of ours has changed it.
struct Drift {
  std::string object;           // as the planner calls it: "network front"
  std::string expected, found;  // "mtu 1500", "mtu 1400"
  std::string cause;            // by what it was noticed: "link event"
};

struct World {
  World(boost::asio::io_context& loop, std::string name)
      : io(loop), project(std::move(name)), paths(project), state(paths), dns(loop) {}

  boost::asio::io_context& io;
  std::string project;
  Paths paths;
  StateFiles state;
  std::string boot_id;
  std::optional<net::Links> links;
  std::optional<net::FirewallTable> firewall_table;
  std::unique_ptr<cgroup::Driver> cgroups;
  std::optional<keeper::Link> keeper;
  net::DnsServer dns;

  std::optional<Intent> intent;
  std::string intent_wire;  // to_wire(intent->spec), once it has been made
  Desired desired;
  std::map<std::string, engine::IdRange> ids;  // by sharing group

  std::map<std::string, ContainerRecord> records;  // by service
  std::map<std::string, Process> processes;        // by service
  std::map<std::string, std::string> networks;     // observed: key -> hash
  std::map<std::string, std::string> bridges;      // key -> link, of every observed network
  std::map<std::string, int> bridge_indices;       // key -> the link's index, as it was made
  std::map<std::string, ObservedSandbox> sandboxes;
  std::optional<engine::Staging> staging;               // from the first start on
  std::map<std::string, std::vector<UniqueFd>> stored;  // what the keeper keeps for us, by its key
  // What is mounted at each pin, as engine::pin_mark, by path; and at the folder of all that ends with the
  // boot, which is open too: so what is in it is not lost when somebody takes off the mount.
  std::map<std::string, std::string> pins;
  std::string folder_mark;
  UniqueFd folder;
  std::string firewall_hash;
  std::string firewall_digest;               // FirewallTable::digest of the table as it was put
  int firewall_transactions = 0;             // of ours, since the last look at what was heard of them
  std::map<std::string, std::string> drift;  // as in Observed; until it is mended
  struct DriftTally {
    int count = 0;
    std::string last;          // "network front: mtu 1400 instead of mtu 1500"
    std::int64_t last_ns = 0;  // CLOCK_REALTIME
  };
  std::map<std::string, DriftTally> drifts;  // by service that it was about, since the stack is up
  bool kernel_changed = false;               // since save_kernel_state
  // Set by `down`, which ends with one umount and one folder's removal: what they take is not taken piece by
  // piece.
  bool everything_goes = false;
  std::map<std::string, std::string> waiting;  // service -> what its start waits for, by the last plan

  // What a record says has happened: where it cannot be kept, that is told.
  void save(const ContainerRecord& record) {
    const Result<void> saved = state.keep(record);
    if (!saved) tell({"Container " + record.name, "warning", "Not recorded", saved.error().words});
  }

  // Something changed: look again, plan again. Cheap, and may be called from anywhere.
  std::function<void()> wake = [] {};
  std::function<void(const Progress&)> tell = [](const Progress&) {};
  std::function<void(const std::string& service)> changed = [](const std::string&) {
  };                                                                // a container's state did
  std::function<void(const Drift&)> drifted = [](const Drift&) {};  // was found, and is new

  [[nodiscard]] std::string pin(const std::string& owner, const char* kind) const {
    return paths.pins() + "/" + owner + "." + kind;
  }
  // A sharing group's user namespace; "" is the host's.
  [[nodiscard]] std::string user_pin(const std::string& group) const {
    return group.empty() ? "" : pin(group, "user");
  }
};

// Clocks, in one place.
std::int64_t realtime_ns();
std::int64_t monotonic_ns();

}  // namespace stack
