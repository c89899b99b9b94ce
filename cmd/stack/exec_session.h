// One command in a container, seen from the command line: asked for, fed, listened to, and its exit code
// waited for, also when the reconciler is restarted meanwhile. The program never gets a descriptor of the
// user's: with pipes or a pty of its own it cannot push keys into the user's terminal (TIOCSTI) nor reopen
// what output was redirected to.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/relay.h"
#include "core/control/client.h"

namespace stack::cmd {

class ExecSession {
 public:
  static Result<ExecSession> connect(const std::string& project);

  // With Input::none the command's standard input is at its end from the start, and a signal of `interrupts`
  // ends the waiting with the error EINTR; the command goes on.
  enum class Input { ours, none };
  Result<int> run_with_pipes(nlohmann::json request, Input input = Input::ours,
                             Interrupts* interrupts = nullptr);
  Result<int> run_with_pty(nlohmann::json request);

 private:
  ExecSession(std::string project, control::Client client)
      : project_(std::move(project)), client_(std::move(client)) {}

  Result<void> take_events();
  Result<void> reconnect();
  Result<void> await_start();
  Result<int> exit_code() const;

  std::string project_;
  control::Client client_;
  std::string id_;  // of the exec, once started
  std::optional<nlohmann::json> result_;
};

}  // namespace stack::cmd
