// `up` in the foreground: the stack lives as long as the command. Its logs are shown; Ctrl-C stops it in
// reverse order of dependency, a second one kills it; it ends too when all its containers have.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/stack/container_watch.h"
#include "cmd/stack/interrupts.h"
#include "cmd/stack/log_follower.h"
#include "cmd/stack/progress.h"
#include "cmd/stack/request.h"
#include "cmd/stack/source_watch.h"
#include "core/sys/unique_fd.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// What ends all of the stack, but for Ctrl-C and the end of every container.
enum class Abort {
  never,
  on_exit,     // of any container
  on_failure,  // of any container that exits with another code than 0
};

struct UpOptions {
  std::vector<std::string> services;
  std::vector<std::string> scale;  // "web=3"
  Abort abort = Abort::never;
  std::string exit_code_from;  // the service whose exit code is the command's
  bool wait = false;
  bool watch = false;  // files of the host, as develop.watch says
  bool no_color = false;
  bool no_prefix = false;
  bool timestamps = false;
};

class Foreground {
 public:
  // `sources`, where there are any, are watched meanwhile.
  Foreground(const StackSpec& spec, const UpOptions& options, Interrupts& interrupts, Progress& progress,
             SourceWatch* sources);

  // `up` is sent, and what follows from it lived through. The exit code. `storage` is let go with the answer.
  Result<int> run(Ask up, UniqueFd storage);

 private:
  enum class End {
    all_exited,
    aborted,
    interrupted,
    taken_down,  // by another command
  };

  Result<End> attend();
  // False where a signal has ended what was being done.
  Result<bool> step_sources();
  [[nodiscard]] int wait_ms() const;
  void note(const nlohmann::json& container);
  void note_exit(const std::string& service, const std::optional<int>& code);
  // Of the service that it is to be of, else of the container whose failure ended the stack.
  [[nodiscard]] int exit_code() const;
  [[nodiscard]] bool all_ended() const;
  Result<int> interrupted();
  Result<void> stop();
  Result<void> learn_exit_codes();
  Result<int> finish(int code);

  const StackSpec& spec_;
  const UpOptions& options_;
  Interrupts& interrupts_;
  Progress& progress_;
  SourceWatch* sources_;
  LogFollower logs_;
  ContainerWatch watch_;
  std::map<std::string, std::string> states_;  // by service
  std::map<std::string, int> exit_codes_;      // of services whose container has exited, those known
  std::optional<std::string> abort_;           // the service whose exit ends the stack
};

}  // namespace stack::cmd
