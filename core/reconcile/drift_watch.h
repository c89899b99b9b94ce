// Listens to what the kernel tells of changes, and compares where something was heard
// (core/reconcile/drift.h). What the stack itself changes is heard as well: it is compared once, when the
// work is done, and found to be as it should be.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/engine/cgroup_watch.h"
#include "core/reconcile/state_watch.h"
#include "core/reconcile/world.h"
#include "net/firewall_events.h"
#include "net/link_events.h"
#include "specs/result.h"

namespace stack {

class DriftWatch {
 public:
  explicit DriftWatch(World& world)
      : world_(world),
        links_ready_(world.io),
        firewall_ready_(world.io),
        limits_ready_(world.io),
        mounts_ready_(world.io),
        files_ready_(world.io) {}
  DriftWatch(const DriftWatch&) = delete;
  DriftWatch& operator=(const DriftWatch&) = delete;
  ~DriftWatch();

  // `heard` is called once for all that comes before the next look.
  Result<void> begin(std::function<void()> heard);
  // Something was heard, or a whole look is due.
  [[nodiscard]] bool pending() const {
    return links_heard_ || firewall_heard_ || limits_heard_ || mounts_heard_ || files_heard_ ||
           !stopped_.empty() || !broken_.empty() || all_due_;
  }
  // Compares what was heard of. Not while steps of ours are under way, which would be taken for drift. When
  // it fails, what it was about is still pending.
  Result<void> look();
  // Listens to the limits of those that have begun to run since, and no longer to those of the ended. What
  // was written by us a moment ago is heard of from here on, not looked at.
  // Their logs may have folders to be made, each a search for an inode: later, where somebody waits.
  enum class Logs { now, later };
  Result<void> follow_containers(Logs logs);
  // The first process of a service may have been stopped by a signal.
  void hear_stop(const std::string& service);
  // The next look is at everything, whatever is heard.
  void look_at_all_next() { all_due_ = true; }

 private:
  void await_links();
  void await_firewall();
  Result<void> look_at_links();
  Result<void> look_at_firewall();
  void await_limits();
  void look_at_processes();
  void look_at_resolvers();
  void await_mounts();
  void look_at_mounts();
  void await_files();
  Result<void> look_at_files();
  Result<void> follow_limits();
  Result<void> follow_files();
  Result<void> look_at_limits();
  [[nodiscard]] std::set<std::string> our_links() const;

  World& world_;
  std::function<void()> heard_;
  std::optional<net::LinkEvents> links_;
  std::optional<net::FirewallEvents> firewall_;
  std::optional<cgroup::Watch> limits_;
  UniqueFd mounts_;  // /proc/self/mountinfo
  std::optional<StateWatch> files_;
  boost::asio::posix::stream_descriptor links_ready_, firewall_ready_, limits_ready_, mounts_ready_,
      files_ready_;
  std::map<std::string, std::string> followed_;  // whose limits are listened to -> which run of it
  std::set<std::string> followed_logs_;          // folders
  std::set<int> indices_;                        // of our links, by the last look
  std::set<std::string> stopped_;                // services, as heard of
  std::set<std::string> broken_;                 // owners of resolvers, as heard of
  bool links_heard_ = false, firewall_heard_ = false, limits_heard_ = false, mounts_heard_ = false,
       files_heard_ = false;
  bool all_due_ = true;
  bool all_limits_due_ = true;  // of those that a predecessor has started, and where some went unheard
};

}  // namespace stack
