// Runs the health checks: one timer and at most one probe process a service. A probe is watched by the keeper
// like every process ("health/SERVICE"), so that one left by a killed reconciler is ended by the next.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>

#include "core/reconcile/world.h"

namespace stack {

class HealthMonitor {
 public:
  explicit HealthMonitor(World& world) : world_(world) {}

  // The service has been started (or adopted, its health known); begins its checks where the file has some.
  void begin(const std::string& service);
  void end(const std::string& service);
  // The file's check of a running service is another one, or gone, or new.
  void changed(const std::string& service);
  // A probe ended. False where the name is none of ours.
  bool exited(const keeper::Exit& exit);

 private:
  struct Checks {
    explicit Checks(boost::asio::io_context& io) : timer(io) {}
    boost::asio::steady_timer timer;
    int failures = 0;
    Nanoseconds early{std::chrono::milliseconds(50)};  // until the next of the early checks
    std::optional<engine::Pending> probe;              // the one that runs
    bool timed_out = false;
  };

  // The delay until the next check: while the service is starting they begin close together and grow apart up
  // to the interval, so that a service that is ready soon is known to be ready soon. Those early ones never
  // count against it.
  Nanoseconds next_delay(const std::string& service, Checks& checks) const;
  void schedule(const std::string& service);
  void out_of_time(const std::string& service);
  void probe(const std::string& service);
  Result<void> start_probe(const std::string& service, Checks& checks);
  void judge(const std::string& service, bool passed, const std::string& words);
  [[nodiscard]] bool in_start_period(const std::string& service) const;
  void set_health(const std::string& service, Health health, const std::string& words);

  World& world_;
  std::map<std::string, std::unique_ptr<Checks>> checks_;
};

}  // namespace stack
