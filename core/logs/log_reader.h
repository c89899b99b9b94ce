// Reads a container's log folder, which the keeper writes: stdout.log and stderr.log hold the raw bytes, stdout.idx and
// stderr.idx the time of each piece (core/logs/format.h); ".1", ".2" are older. Needs neither keeper nor reconciler.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "specs/result.h"

namespace stack::logs {

enum class Stream { out, err };

struct Line {
  std::int64_t time_ns = 0;  // CLOCK_REALTIME of the piece in which the line began
  Stream stream = Stream::out;
  std::string text;          // without the newline; bytes as the container wrote them
};

// Follows one container's log: every call of poll() gives the complete lines that came since, merged by time. A last line
// without its newline is given once the process that wrote it has ended (its piece says so) or flush() is called.
class LogReader {
 public:
  static Result<LogReader> open(const std::string& folder);
  // Position so that only the last `n` lines are still to come.
  Result<void> seek_tail(std::size_t n);
  Result<std::vector<Line>> poll();
  std::vector<Line> flush();

 private:
  struct Cursor {
    std::uint64_t inode = 0;       // of the .log file being read: tells a rotation
    std::uint64_t data_offset = 0;
    std::uint64_t index_offset = 0;
    std::string partial;
    std::int64_t partial_time_ns = 0;
  };
  std::string folder_;
  Cursor cursors_[2];
};

// Escapes control bytes other than tab, so that a container cannot drive the reader's terminal.
std::string printable(const std::string& text);

}  // namespace stack::logs
