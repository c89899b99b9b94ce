// One one-off of `stack run`, seen from the command line: asked for, fed, listened to, and its exit code
// waited for, through any number of the reconciler's and keeper's deaths. The program gets pipes or a
// terminal of its own, never a descriptor of the user's (exec_session.h). It ends with us: we hold the
// lifeline.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/progress.h"
#include "cmd/stack/relay.h"
#include "core/control/client.h"

namespace stack::cmd {

enum class Input { passed_on, none };

class RunSession {
 public:
  // `request` is that of "run" (core/control/protocol.h). `storage` is let go when it is accepted.
  static Result<RunSession> make(std::string project, nlohmann::json request, Progress& progress,
                                 UniqueFd storage);

  // Each gives the exit code to end with.
  Result<int> detached();
  Result<int> with_pipes(Input input);
  Result<int> with_terminal();
  [[nodiscard]] bool was_accepted() const { return accepted_; }

 private:
  RunSession(std::string project, nlohmann::json request, Progress& progress, UniqueFd storage,
             Interrupts interrupts);
  Result<void> begin(std::vector<UniqueFd> theirs);
  Result<void> connect();
  Result<void> connect_again();
  Result<void> take_events();
  void take_event(const nlohmann::json& event);
  // The code to end with where the program will not run; nothing once it does.
  Result<std::optional<int>> await_start();
  [[nodiscard]] bool is_settled() const { return started_ || result_; }
  void pass_on(int signal);
  Result<int> finish();

  std::string project_, name_;
  nlohmann::json request_;
  Progress& progress_;
  UniqueFd storage_;
  Interrupts interrupts_;
  std::optional<control::Client> client_;
  UniqueFd lifeline_;
  std::vector<UniqueFd> fds_;  // that ride on the request, until it is accepted
  bool accepted_ = false, started_ = false;
  std::string id_;
  struct End {
    int code = 1;
    std::string error;
  };
  std::optional<End> exited_, result_;
  int deaths_ = 0;  // of reconcilers
};

}  // namespace stack::cmd
