#include "cmd/keeper/log_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cmd/keeper/words.h"
#include "core/keeper/protocol.h"
#include "core/logs/format.h"

namespace stack::keeper {
namespace {

using logs::Piece;

constexpr int kTurns = 16;  // pieces of one stream before the others have their turn
constexpr std::int64_t kRetryNs = 1'000'000'000;
constexpr std::uint64_t kLeastBytes = 4096;  // of one file, so that rotation cannot eat all of the time
constexpr std::uint32_t kMostFiles = 100;
constexpr int kPipeBytes = 1 << 20;
constexpr std::size_t kDiscardBytes = 1 << 20;
constexpr int kDevNull = STDIN_FILENO;  // see daemon.h
constexpr std::size_t kFilePathBytes = wire::kPathBytes + 32;
constexpr std::size_t kTerminalBytes = 4096;

// As read(2) of a pipe: EIO is the end, where nobody has the other side open any more (tty_ioctl(4) has no
// word for it; n_tty_read in drivers/tty/n_tty.c).
long read_terminal(int terminal, char* buffer, std::size_t size) {
  const ssize_t n = ::read(terminal, buffer, size);
  return n < 0 && errno == EIO ? 0 : n;
}

}  // namespace

bool make_folders(const char* path) {
  char prefix[wire::kPathBytes];
  if (!copy(prefix, sizeof prefix, path)) return false;
  for (char* at = prefix + 1;; ++at) {
    if (*at != '/' && *at != '\0') continue;
    const char here = *at;
    *at = '\0';
    if (::mkdir(prefix, 0700) != 0 && errno != EEXIST) return false;
    if (here == '\0') return true;
    *at = here;
  }
}

void LogStream::begin(int pipe, const char* folder, const char* stream, std::uint64_t max_bytes,
                      std::uint32_t max_files) {
  *this = LogStream();
  pipe_ = pipe;
  folder_ = folder;
  stream_ = stream;
  max_bytes_ = max_bytes != 0 && max_bytes < kLeastBytes ? kLeastBytes : max_bytes;
  max_files_ = max_files < 1 ? 1 : max_files > kMostFiles ? kMostFiles : max_files;
  is_terminal_ = ::isatty(pipe) == 1;
  // A burst finds room while we do something else. Less is no fault: the container may then wait for us for a
  // moment.
  static_cast<void>(::fcntl(pipe, F_SETPIPE_SZ, kPipeBytes));
}

Drained LogStream::drain() {
  if (keeps_nothing()) return discard();
  for (int turn = 0; turn < kTurns; ++turn) {
    if (retry_at_ns_ != 0 && monotonic_ns() < retry_at_ns_) return discard();
    if (data_ < 0) {
      // No file for a stream on which nothing is ever said.
      pollfd wait{pipe_, POLLIN, 0};
      if (::poll(&wait, 1, 0) == 0) return Drained::empty;
      if ((wait.revents & POLLIN) == 0) return Drained::ended;
      if (!open(Missing::create)) return discard();
    }
    if (size_ + index_size_ + sizeof(Piece) >= max_bytes_ && size_ > 0 && !rotate()) return discard();
    // More than nothing: an index without data is the header and one piece at most.
    const std::uint64_t room = max_bytes_ - size_ - index_size_;
    const long n = move_to_log(room);
    if (n > 0) {
      size_ += static_cast<std::uint64_t>(n);
      retry_at_ns_ = 0;
      note(realtime_ns(), 0);
      continue;
    }
    if (n == 0) return Drained::ended;
    if (errno == EAGAIN) return Drained::empty;
    if (errno == EINTR) continue;
    give_up("write", errno);
    return discard();
  }
  return Drained::more;
}

void LogStream::finish() {
  if (pipe_ < 0) return;
  // Also where this keeper has written nothing: a line that its predecessor left without a newline ends too.
  if (!keeps_nothing() && (data_ >= 0 || open(Missing::leave)) && !ended_) note(realtime_ns(), Piece::kEnded);
  close_files();
  ::close(pipe_);
  pipe_ = -1;
}

// The piece follows its data. Where it cannot be written the next one covers it, for positions are absolute.
void LogStream::note(std::int64_t time_ns, std::uint32_t flags) {
  const auto lost = static_cast<std::uint32_t>(lost_ < UINT32_MAX ? lost_ : UINT32_MAX);
  const Piece piece{time_ns, size_, lost, flags};
  if (::pwrite(index_, &piece, sizeof piece, static_cast<off_t>(index_size_)) != sizeof piece) return;
  index_size_ += sizeof piece;
  lost_ = 0;
  ended_ = (flags & Piece::kEnded) != 0;
}

void LogStream::give_up(const char* what, int error) {
  char path[kFilePathBytes];
  // Said once for each time that writing stops, not once for each piece.
  if (lost_ == 0 && name_file(path, sizeof path, "log", 0)) complain(what, path, error);
  retry_at_ns_ = monotonic_ns() + kRetryNs;
}

long LogStream::move_to_log(std::uint64_t room) {
  if (!is_terminal_) {
    auto offset = static_cast<off64_t>(size_);
    return ::splice(pipe_, nullptr, data_, &offset, room, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  }
  char buffer[kTerminalBytes];
  const long n = read_terminal(pipe_, buffer, room < sizeof buffer ? room : sizeof buffer);
  if (n <= 0) return n;
  const ssize_t written = ::pwrite(data_, buffer, static_cast<std::size_t>(n), static_cast<off_t>(size_));
  // What was taken out cannot be put back.
  if (written < n) lost_ += static_cast<std::uint64_t>(n - (written > 0 ? written : 0));
  return written;
}

long LogStream::throw_away() const {
  if (!is_terminal_)
    return ::splice(pipe_, nullptr, kDevNull, nullptr, kDiscardBytes, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  char buffer[kTerminalBytes];
  return read_terminal(pipe_, buffer, sizeof buffer);
}

Drained LogStream::discard() {
  for (int turn = 0; turn < kTurns; ++turn) {
    const long n = throw_away();
    if (n > 0 && !keeps_nothing()) lost_ += static_cast<std::uint64_t>(n);
    if (n == 0) return Drained::ended;
    if (n < 0 && errno != EINTR) return Drained::empty;
  }
  return Drained::more;
}

void LogStream::close_files() {
  if (data_ >= 0) ::close(data_);
  if (index_ >= 0) ::close(index_);
  data_ = index_ = -1;
  size_ = index_size_ = 0;
}

}  // namespace stack::keeper
