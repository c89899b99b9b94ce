#include "core/volumes/copy_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/sys/files.h"

namespace stack::volumes {
namespace {

constexpr std::size_t kBuffer = std::size_t{256} << 10;
constexpr off_t kMostAtOnce = off_t{1} << 30;

struct Piece {
  off_t begin, end;
};

// The next bytes that are no hole, at `at` or after it; empty at the end of the file.
Result<Piece> next_piece(int fd, off_t at, off_t size) {
  const off_t begin = ::lseek(fd, at, SEEK_DATA);
  if (begin < 0 && errno == ENXIO) return Piece{size, size};
  if (begin < 0 && errno == EINVAL) return Piece{at, size};  // a file system that does not tell
  if (begin < 0) return os_error("find data");
  const off_t end = ::lseek(fd, begin, SEEK_HOLE);
  if (end < 0) return os_error("find a hole");
  return Piece{std::min(begin, size), std::min(end, size)};
}

bool cannot(int code) {
  return code == EXDEV || code == EINVAL || code == ENOSYS || code == EOPNOTSUPP;
}

}  // namespace

Result<void> FileCopy::copy(int from, int to, off_t size) {
  if (::ftruncate(to, size) != 0) return os_error("set size");
  for (off_t at = 0; at < size;) {
    const Piece piece = TRY(next_piece(from, at, size));
    TRY(copy_piece(from, to, piece.begin, piece.end));
    at = piece.end;
  }
  return {};
}

Result<void> FileCopy::copy_piece(int from, int to, off_t at, off_t end) {
  while (at < end) {
    const off_t n = TRY(copy_bytes(from, to, at, end));
    if (n == 0) return fault("read: it has become shorter meanwhile");
    at += n;
  }
  return {};
}

Result<off_t> FileCopy::copy_bytes(int from, int to, off_t at, off_t end) {
  if (in_kernel_) {
    off_t source = at;
    off_t target = at;
    const auto count = static_cast<std::size_t>(std::min(end - at, kMostAtOnce));
    const ssize_t n = ::copy_file_range(from, &source, to, &target, count, 0);
    if (n >= 0) return n;
    if (errno == EINTR) return copy_bytes(from, to, at, end);
    if (!cannot(errno)) return os_error("copy");
    in_kernel_ = false;
  }
  buffer_.resize(kBuffer);
  const auto count = std::min(kBuffer, static_cast<std::size_t>(end - at));
  const ssize_t n = ::pread(from, buffer_.data(), count, at);
  if (n < 0 && errno == EINTR) return copy_bytes(from, to, at, end);
  if (n < 0) return os_error("read");
  TRY(write_all_at(to, {buffer_.data(), static_cast<std::size_t>(n)}, at));
  return off_t{n};
}

}  // namespace stack::volumes
