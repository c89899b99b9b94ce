// Which runs of containers have ended, from what the reconciler tells of them: also of a run whose end fell
// into a time when nobody listened, and whose successor runs by now. Pure.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace stack::cmd {

class EndedRuns {
 public:
  struct End {
    std::string id;
    std::optional<int> code;  // absent where nobody knows it
  };

  // The run that is under way, or the next one where there is none yet, or the last.
  void expect(const nlohmann::json& container);
  // The container as it is now. Its end, the first time that it is seen.
  std::optional<End> note(const nlohmann::json& container);

  [[nodiscard]] bool all_ended() const { return ended_ == runs_.size(); }
  // Of all the one that ended first.
  [[nodiscard]] const std::optional<End>& first() const { return first_; }

 private:
  struct Run {
    std::string id;
    int pid = 0;  // on the host, 0 before it has begun
    int restarts = 0;
    bool ended = false;
  };

  std::map<std::string, Run> runs_;  // by service
  std::size_t ended_ = 0;
  std::optional<End> first_;
};

}  // namespace stack::cmd
