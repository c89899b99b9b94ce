// Reads a container's log folder, which the keeper writes: stdout.log and stderr.log hold the raw bytes,
// stdout.idx and stderr.idx the time of each piece (core/logs/format.h); ".1", ".2" are older. Needs neither
// keeper nor reconciler.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "core/logs/stream_reader.h"
#include "specs/result.h"

namespace stack::logs {

// Follows one container's log: every call of poll() gives the complete lines that came since, merged by time.
// A last line without its newline is given once the process that wrote it has ended (its piece says so) or
// flush() is called.
class LogReader {
 public:
  // The error ENOENT means that the folder is not there.
  static Result<LogReader> open(const std::string& folder);
  // Position so that only the last `n` lines are still to come.
  Result<void> seek_tail(std::size_t n);
  Result<std::vector<Line>> poll();
  // All that is left: unfinished lines, and data whose time nobody wrote down.
  std::vector<Line> flush();

 private:
  explicit LogReader(const std::string& folder);
  Result<void> check_folder() const;

  std::string folder_;
  StreamReader out_, err_;
  std::deque<Line> tail_;  // of seek_tail: read, and still to be given
};

}  // namespace stack::logs
