// A service that runs, seen from the command line: its output from now on, keys and signals to it, until it
// ends or the user goes.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cmd/stack/container_watch.h"
#include "cmd/stack/detach_keys.h"
#include "cmd/stack/interrupts.h"
#include "cmd/stack/log_follower.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::cmd {

struct AttachOptions {
  bool no_stdin = false;
  bool sig_proxy = true;
  std::string detach_keys = "ctrl-p,ctrl-q";
};

class AttachSession {
 public:
  static Result<AttachSession> begin(const std::string& project, const std::string& service,
                                     const AttachOptions& options);

  // The exit code of the service's run; 0 where the user has detached, 128 + n for a signal that was not to
  // be passed on.
  Result<int> run();

 private:
  AttachSession(std::string project, std::string service, bool sig_proxy, DetachKeys keys)
      : project_(std::move(project)),
        service_(std::move(service)),
        sig_proxy_(sig_proxy),
        keys_(std::move(keys)),
        logs_(log_root(project_), LogStyle{false, false, false, true}) {}

  static std::string log_root(const std::string& project);
  Result<void> connect(bool wants_input);
  void note(const nlohmann::json& container);
  Result<std::optional<int>> take_signals(Interrupts& interrupts);
  Result<int> attend(Interrupts& interrupts);
  // One read of the user's, and its bytes on their way.
  void read_input();
  void write_input();
  void end_input();

  std::string project_, service_;
  bool sig_proxy_;
  DetachKeys keys_;
  LogFollower logs_;
  UniqueFd input_;  // to the service
  std::string pending_;
  bool tty_ = false;
  int pid_ = 0;
  std::optional<int> code_;  // its run has ended
};

}  // namespace stack::cmd
