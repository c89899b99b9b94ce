// What a stack should be and what it is, as plain values: the two inputs of the planner. Names tie them
// together: a network by its key, a sandbox by its owner, a container by its service.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "specs/stack_spec.h"

namespace stack {

struct DesiredNetwork {
  std::string bridge;             // link name
  std::string subnet4, gateway4;  // "10.201.0.0/24", "10.201.0.1"
  std::string subnet6, gateway6;  // may be empty
  bool internal = false;
  std::uint32_t mtu = 1500;
  std::string hash;        // of all above
  bool claimed = false;    // the bridge's name is the file's wish, and may be another's link
  bool masquerade = true;  // these two are the firewall's
  bool icc = true;
};

struct DesiredEndpoint {
  std::string veth;             // link name of the host's end
  std::string ipv4, ipv6, mac;  // without prefix length
  Bandwidth bandwidth;
  std::vector<std::string> names;  // what DNS answers on this network: service, container name, aliases
  std::string interface_name =
      {};  // that the file asks for; empty: the first free one with the network's prefix
  std::vector<std::string> link_local_ips = {};
  std::map<std::string, std::string> sysctls = {};  // of the interface, which they call IFNAME
  int priority = 0;                                 // the highest is attached first
  int gw_priority = 0;
  std::string gateway4 = {}, gateway6 = {};  // empty: no default route through it
  bool isolated = false;                     // from the other members of the network
  std::uint32_t mtu = 1500;
  std::string interface_prefix = {};  // of names that nobody asks for; empty: "eth"

  [[nodiscard]] std::string identity() const;
  [[nodiscard]] std::string tuning() const;
};

// The namespaces that one owner (a service, or "pod:NAME") shares with those who ask for them. They are
// pinned: they live from the first start to the removal, not with a process.
struct DesiredSandbox {
  std::string group;  // whose user namespace owns them; "" is the host's
  bool net = false, ipc = false, uts = false;
  std::string hostname, domainname;
  std::uint64_t shm_size = 0;                        // of the ipc namespace's /dev/shm, 0: the default
  std::map<std::string, DesiredEndpoint> endpoints;  // by network key; empty: loopback only
  std::string hash;  // of what cannot be changed in place (group, kinds, host name)

  [[nodiscard]] std::vector<std::string> attach_order() const;  // keys of endpoints, by priority
};

struct DesiredContainer {
  std::shared_ptr<const ServiceSpec> spec;
  std::string hash;                             // service_hash and the sandboxes it lives in
  std::map<std::string, std::string> keys;      // recreate_keys
  std::string resources_hash;                   // limits, written in place
  std::string group;                            // user namespace, "" is the host's
  std::string net_owner, ipc_owner, uts_owner;  // sandboxes; "" is the host's namespace
  std::string pid_owner;       // service whose pid namespace is joined; "" is its own (or the host's)
  bool wanted_running = true;  // false after `stack stop`
  // A one-off of `stack run`: started once and never again, nor made anew while it runs.
  bool once = false;
};

struct Desired {
  std::string project;
  std::map<std::string, DesiredNetwork> networks;
  std::map<std::string, DesiredSandbox> sandboxes;
  std::map<std::string, DesiredContainer> containers;
  std::string firewall_hash;  // "" where no table is needed
  bool rolled_back = false;   // it is what was before an update that failed: rollback_config is for it
};

enum class ContainerState { absent, created, starting, running, stopping, exited };

// Its process is there, or its end has not been told yet.
inline bool has_process(ContainerState state) {
  return state == ContainerState::starting || state == ContainerState::running ||
         state == ContainerState::stopping;
}
// It has, or had one.
inline bool has_begun(ContainerState state) {
  return has_process(state) || state == ContainerState::exited;
}

struct ExitRecord {
  bool known = false;  // false: nobody could learn the status, which is said and never made up
  int code = 0;        // as a shell shows it: 128 + n for signal n
  int signal = 0;
  bool oom = false;
};

enum class Health { none, starting, healthy, unhealthy };

struct ObservedContainer {
  ContainerState state = ContainerState::absent;
  std::string hash;
  std::map<std::string, std::string> keys;
  std::string resources_hash;
  std::optional<ExitRecord> exit;  // of the last run
  Health health = Health::none;
  std::int64_t next_start_ns = 0;    // back-off: not started again before (monotonic clock); 0 is at once
  int failures = 0;                  // restarts since the last quiet period, for on-failure:N
  bool restarting = false;           // the restart policy is at work: this exit is to be followed by a start
  std::set<std::string> sandboxes;   // owners of the namespaces it was started in
  std::set<std::string> depends_on;  // as it was started
  int post_start_done = 0;           // hooks that have ended well
  std::string hook_fault;            // why one of them did not; the rest is not run
  bool once = false;                 // a one-off
  bool updated = false;              // it has taken the place of one that was made otherwise
  std::string update_fault;          // why that was no success
  std::int64_t started_mono_ns = 0;  // CLOCK_MONOTONIC
};

// An attached endpoint: a change of `identity` (addresses) makes it anew, one of `tuning` (bandwidth, way
// out, isolation, MTU) is set in place.
struct EndpointMark {
  std::string identity, tuning;
  std::string ifname;  // in the container
};

struct ObservedSandbox {
  std::string hash;
  std::map<std::string, EndpointMark> networks;  // that it is attached to
};

struct Observed {
  std::map<std::string, std::string> networks;       // key -> hash of those whose bridge is there
  std::map<std::string, std::string> bridges;        // key -> its link
  std::map<std::string, ObservedSandbox> sandboxes;  // owner -> those whose pins are all there
  std::map<std::string, ObservedContainer> containers;
  std::string firewall_hash;  // "" where there is no table
  // What was made and is no longer so: object_of(the action that mends it) -> what of it, in words.
  std::map<std::string, std::string> drift = {};
};

}  // namespace stack
