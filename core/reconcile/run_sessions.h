// `stack run` seen from its clients: who waits for which one-off, and who of them still lives. A client lives
// as long as it holds its end of the lifeline (one_off_traces.h), through any number of reconcilers and
// keepers; with it ends what it has started.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/plan/plan.h"
#include "core/reconcile/session.h"
#include "core/reconcile/world.h"

namespace stack {

class RunSessions {
 public:
  explicit RunSessions(World& world) : world_(world) {}

  // From here on `session` is told how the one-off goes, from where it is now.
  void attach(const std::shared_ptr<Session>& session, const std::string& one_off);
  // Its client's descriptors are kept: from here on its end is noticed.
  Result<void> watch(const std::string& one_off);
  // All that the last reconciler left.
  void adopt();
  // A container's state did; it may be none of ours.
  void changed(const std::string& one_off);
  // Nothing can be done just now.
  void settle(const Observed& seen, const Plan& plan);
  // A step that what is still to start stands on has failed.
  void failed(const std::string& words);

 private:
  struct Run {
    std::weak_ptr<Session> session;
    bool announced = false;   // that it runs
    std::optional<int> code;  // for the result, once it has ended
    std::string error;
  };

  void announce(const std::string& one_off, Run& run);
  void tell_end(ContainerRecord& record, Run& run);
  [[nodiscard]] bool waits(const std::string& one_off) const;
  [[nodiscard]] std::string why_never(const std::string& one_off, const Observed& seen,
                                      const Plan& plan) const;
  // The client need not live any more.
  void let_go(ContainerRecord& record);
  void client_gone(const std::string& one_off);
  void abandon(ContainerRecord& record);

  World& world_;
  std::map<std::string, Run> runs_;
  std::map<std::string, std::unique_ptr<boost::asio::posix::stream_descriptor>> lifelines_;
};

}  // namespace stack
