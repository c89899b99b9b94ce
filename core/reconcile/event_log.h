// What has happened to the stack, as `stack events` tells it: a bounded file on the stack's own tmpfs, so
// that the next reconciler goes on with it and none keeps it in memory.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "specs/result.h"

namespace stack {

class EventLog {
 public:
  // The newest are kept, this many bytes of them at least and twice as many at most.
  static constexpr std::size_t kKeptBytes = 256u << 10;

  explicit EventLog(std::string path) : path_(std::move(path)) {}

  // A whole line at the end.
  Result<void> append(const nlohmann::json& event);
  // All that are kept, the oldest first. Where a reconciler was killed in a line, that line is left out.
  [[nodiscard]] Result<std::vector<nlohmann::json>> read() const;

 private:
  Result<void> drop_oldest();
  std::string path_;
};

}  // namespace stack
