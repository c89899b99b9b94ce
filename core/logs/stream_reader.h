// One stream of a log, read in order over its rotations: bytes into lines, each with the time of the piece it
// began in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/logs/format.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::logs {

enum class Stream { out, err };

struct Line {
  std::int64_t time_ns = 0;  // CLOCK_REALTIME of the piece in which the line began
  Stream stream = Stream::out;
  std::string text;   // without the newline; bytes as the container wrote them
  bool ended = true;  // by a newline; else what follows is of the same line, or nothing is
};

// A line longer than this is given in parts, so that a container cannot fill our memory.
inline constexpr std::size_t kLongestLine = 1 << 20;

class StreamReader {
 public:
  using Sink = std::function<void(Line)>;
  // Of data without a piece: the keeper is just about to write one; or there is no keeper to wait for.
  enum class Untimed { wait, take };

  StreamReader(std::string folder, Stream stream);
  Result<void> read(const Sink& sink, Untimed untimed);
  // The line that has no newline yet, if there is one.
  void give_partial(const Sink& sink);

 private:
  // Opens the oldest file, or the one after that which has been read to its end. False where there is none
  // yet.
  Result<bool> open_first();
  Result<bool> open_next(const Sink& sink);
  Result<void> begin(UniqueFd data);
  Result<UniqueFd> find_index();
  // The number that the open file has by now; false where it is not found.
  Result<bool> number_of_current(unsigned& number) const;
  Result<bool> is_rotated() const;
  Result<bool> is_dropped() const;

  Result<void> read_current(const Sink& sink, Untimed untimed);
  Result<void> read_pieces(const Sink& sink);
  Result<void> take_piece(const Piece& piece, const Sink& sink);
  Result<void> read_untimed(const Sink& sink, Untimed untimed);
  // Bytes up to `end`, all of one time.
  Result<void> read_data(std::uint64_t end, std::int64_t time_ns, const Sink& sink);
  void split(const char* bytes, std::size_t size, std::int64_t time_ns, const Sink& sink);

  [[nodiscard]] std::string path(const char* kind, unsigned number) const;

  std::string folder_;
  Stream stream_;
  UniqueFd data_, index_;
  std::uint64_t inode_ = 0;
  std::uint64_t device_ = 0;
  std::uint64_t data_offset_ = 0;
  std::uint64_t index_offset_ = 0;
  std::string partial_;
  std::int64_t partial_time_ns_ = 0;
};

}  // namespace stack::logs
