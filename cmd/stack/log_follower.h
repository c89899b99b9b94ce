// The logs of several services as one stream of lines, told as Compose does: `web-1  | line`. Reads files
// only, so it works with the reconciler and the keeper down; follows over restarts, rotations and containers
// made anew.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/logs/log_reader.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::cmd {

struct LogStyle {
  bool prefix = true;
  bool colour = true;  // where standard output is a terminal that wants it
  bool timestamps = false;
  bool raw = false;  // byte by byte, without waiting for the end of a line, and nothing else
};

// Which lines are told, in nanoseconds since the epoch.
struct LogSpan {
  std::int64_t since = std::numeric_limits<std::int64_t>::min();
  std::int64_t until = std::numeric_limits<std::int64_t>::max();
};

class LogFollower {
 public:
  // `root` is the folder that holds a folder of logs for each service.
  LogFollower(std::string root, LogStyle style, LogSpan span = {});

  // `tail`: only so many of the lines that are there already. A service that has no log yet gets one later.
  Result<void> add(const std::string& service, std::optional<std::size_t> tail);
  // Writes what came since the last time, sorted by time. Lines without an end are written too when `last`.
  enum class Rest { keep, last };
  Result<void> drain(Rest rest = Rest::keep);

  // From now on fd() becomes readable when there is something to drain, or, where the kernel gives no watch,
  // timeout_ms() says how soon to look again (-1: never).
  void watch();
  [[nodiscard]] int fd() const { return inotify_.get(); }
  [[nodiscard]] int timeout_ms() const;
  // There were logs, and they are removed: the stack is down.
  [[nodiscard]] bool gone() const;

 private:
  struct Source {
    std::string service, folder, prefix_out, prefix_err;
    std::optional<logs::LogReader> reader;
    int watch = -1;
    bool dirty = true;
    bool seen = false;
  };
  struct Entry {
    const Source* source;
    logs::Line line;
  };

  Result<void> take_notices();
  Result<void> open_missing();
  void watch_source(Source& source);
  void set_prefixes();
  void write(const std::vector<Entry>& entries) const;

  std::string root_;
  LogStyle style_;
  LogSpan span_;
  bool terminal_out_, terminal_err_;
  std::vector<Source> sources_;
  UniqueFd inotify_;
  bool watching_ = false;
  int root_watch_ = -1;
};

}  // namespace stack::cmd
