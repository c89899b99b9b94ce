// Listens to what the kernel tells of changes, and compares where something was heard
// (core/reconcile/drift.h). What the stack itself changes is heard as well: it is compared once, when the
// work is done, and found to be as it should be.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
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

// A descriptor that tells of changes. It is not awaited again before what it told of has been taken.
class ChangeSource {
 public:
  explicit ChangeSource(boost::asio::io_context& io) : ready_(io) {}
  ChangeSource(const ChangeSource&) = delete;
  ChangeSource& operator=(const ChangeSource&) = delete;
  ~ChangeSource();

  using Wait = boost::asio::posix::stream_descriptor::wait_type;
  // `fd` stays its owner's.
  void begin(int fd, Wait wait, std::function<void()> heard);
  [[nodiscard]] bool heard() const { return heard_; }
  // Whether something was heard, which is taken now: from here on the next is awaited.
  bool take();

 private:
  void await();

  boost::asio::posix::stream_descriptor ready_;
  Wait wait_ = Wait::wait_read;
  std::function<void()> tell_;
  bool heard_ = false;
};

class DriftWatch {
 public:
  explicit DriftWatch(World& world)
      : world_(world),
        links_ready_(world.io),
        firewall_ready_(world.io),
        limits_ready_(world.io),
        mounts_ready_(world.io),
        files_ready_(world.io) {}

  // `heard` is called once for all that comes before the next look.
  Result<void> begin(std::function<void()> heard);
  // Something was heard, or a whole look is due.
  [[nodiscard]] bool pending() const {
    return links_ready_.heard() || firewall_ready_.heard() || limits_ready_.heard() ||
           mounts_ready_.heard() || files_ready_.heard() || !stopped_.empty() || !broken_.empty() || all_due_;
  }
  // Compares what was heard of. Not while steps of ours are under way, which would be taken for drift. When
  // it fails, what it was about is still pending.
  Result<void> look();
  // Listens to the limits of those that have begun to run since, and no longer to those of the ended. What
  // was written by us a moment ago is heard of from here on, not looked at.
  Result<void> follow_limits();
  // The same of state files and logs. Logs may have folders to be made, each a search for an inode: not while
  // somebody waits.
  Result<void> follow_files();
  // The first process of a service may have been stopped by a signal.
  void hear_stop(const std::string& service);
  // The next look is at everything, whatever is heard.
  void look_at_all_next() { all_due_ = true; }

 private:
  Result<void> look_at_links();
  Result<void> look_at_firewall();
  Result<void> look_at_limits();
  Result<void> look_at_files();
  void look_at_mounts();
  void look_at_processes();
  void look_at_resolvers();
  [[nodiscard]] std::set<std::string> our_links() const;

  World& world_;
  std::function<void()> heard_;
  std::optional<net::LinkEvents> links_;
  std::optional<net::FirewallEvents> firewall_;
  std::optional<cgroup::Watch> limits_;
  UniqueFd mounts_;  // /proc/self/mountinfo
  std::optional<StateWatch> files_;
  ChangeSource links_ready_, firewall_ready_, limits_ready_, mounts_ready_, files_ready_;
  struct Run {
    std::int64_t started_mono_ns = 0;
    std::string resources_hash;
    bool operator==(const Run&) const = default;
  };
  std::map<std::string, Run> followed_;  // whose limits are listened to -> which run of it
  std::set<std::string> followed_logs_;  // folders
  std::set<int> indices_;                // of our links, by the last look
  std::set<std::string> stopped_;        // services, as heard of
  std::set<std::string> broken_;         // owners of resolvers, as heard of
  bool all_due_ = true;
  bool all_limits_due_ = true;  // of those that a predecessor has started, and where some went unheard
};

}  // namespace stack
