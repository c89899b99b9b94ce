// `develop.watch` at work, for a poll loop: files of the host are watched, and once they have been quiet for
// half a second, as with Docker Compose, what their rules say is done.
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cmd/stack/bring_up.h"
#include "cmd/stack/interrupts.h"
#include "cmd/stack/progress.h"
#include "cmd/stack/watch_rules.h"
#include "core/watch/tree_watch.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

class SourceWatch {
 public:
  // `file` is the stack as its file says, and outlives the watch. An error where none of the services has
  // anything to watch.
  static Result<SourceWatch> open(const StackSpec& file, const std::set<std::string>& services,
                                  RebuildOptions options);

  // To be polled for POLLIN, at most so long (-1: for ever); then step() is due, and after every note().
  [[nodiscard]] int fd() const { return tree_.fd(); }
  [[nodiscard]] int timeout_ms() const;
  // What fails is told, and watching goes on. A signal ends what is being done with EINTR. Whether services
  // were restarted or made anew.
  Result<bool> step(Progress& progress, Interrupts& interrupts);
  // A container as it is now. One that has been made anew gets what `initial_sync` asks for; one that did not
  // run gets what has changed meanwhile.
  void note(const nlohmann::json& container);

 private:
  struct Work {
    std::map<std::string, std::string> syncs;  // by target: what of the host
    bool rebuild = false;
    bool restart = false;
    std::set<const Hook*> execs;
  };

  SourceWatch(const StackSpec& file, RebuildOptions options, std::vector<PathRule> rules,
              watch::TreeWatch tree)
      : file_(&file), options_(std::move(options)), rules_(std::move(rules)), tree_(std::move(tree)) {}

  bool take_up(const std::string& path);
  Result<bool> act(Progress& progress, Interrupts& interrupts);
  Result<bool> rebuild(Progress& progress, Interrupts& interrupts);
  void sync();
  Result<bool> restart(Progress& progress, Interrupts& interrupts);
  Result<void> execute(Interrupts& interrupts);

  const StackSpec* file_;
  RebuildOptions options_;
  std::vector<PathRule> rules_;
  watch::TreeWatch tree_;
  std::map<std::string, Work> work_;    // by service
  std::map<std::string, double> made_;  // when each container was made, by its key
  std::optional<std::chrono::steady_clock::time_point> due_;
};

}  // namespace stack::cmd
