#include "core/logs/stream_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

namespace stack::logs {
namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr std::int64_t kPatienceNs = 1'000'000'000;  // a keeper that lives writes the piece at once

std::int64_t modified_ns(const struct stat& st) {
  return static_cast<std::int64_t>(st.st_mtim.tv_sec) * 1'000'000'000 + st.st_mtim.tv_nsec;
}

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

Result<std::size_t> read_at(int fd, void* into, std::size_t size, std::uint64_t offset,
                            const std::string& path) {
  for (;;) {
    const ssize_t n = ::pread(fd, into, size, static_cast<off_t>(offset));
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return os_error("read \"" + path + "\"");
  }
}

std::string lost_words(std::uint32_t bytes) {
  return "-- " + std::to_string(bytes) + " bytes were lost here: the log could not be written --";
}

}  // namespace

StreamReader::StreamReader(std::string folder, Stream stream) : folder_(std::move(folder)), stream_(stream) {}

Result<void> StreamReader::read(const Sink& sink, Untimed untimed) {
  if (!data_ && !TRY(open_first())) return {};
  for (;;) {
    // Asked before it is read: what is no longer current now is read to its very end below.
    const bool rotated = TRY(is_rotated());
    TRY(read_current(sink, rotated ? Untimed::take : untimed));
    if (!rotated || !TRY(open_next(sink))) return {};
  }
}

Result<void> StreamReader::read_current(const Sink& sink, Untimed untimed) {
  if (!index_) index_ = TRY(find_index());
  if (index_) TRY(read_pieces(sink));
  return read_untimed(sink, untimed);
}

Result<void> StreamReader::read_pieces(const Sink& sink) {
  std::vector<Piece> pieces(kChunk / sizeof(Piece));
  for (;;) {
    const std::size_t n = TRY(
        read_at(index_.get(), pieces.data(), pieces.size() * sizeof(Piece), index_offset_, path("idx", 0)));
    const std::size_t count = n / sizeof(Piece);  // of a last piece that is not whole the rest may still come
    if (count == 0) return {};
    index_offset_ += count * sizeof(Piece);
    for (std::size_t i = 0; i < count; ++i) TRY(take_piece(pieces[i], sink));
  }
}

Result<void> StreamReader::take_piece(const Piece& piece, const Sink& sink) {
  if (piece.lost > 0) {
    give_partial(sink);
    sink({piece.time_ns, stream_, lost_words(piece.lost)});
  }
  TRY(read_data(piece.end, piece.time_ns, sink));
  if ((piece.flags & Piece::kEnded) != 0) give_partial(sink);
  return {};
}

Result<void> StreamReader::read_untimed(const Sink& sink, Untimed untimed) {
  struct stat st {};
  if (::fstat(data_.get(), &st) != 0) return os_error("stat \"" + path("log", 0) + "\"");
  const auto size = static_cast<std::uint64_t>(st.st_size);
  if (size <= data_offset_) return {};
  const std::int64_t modified = modified_ns(st);
  if (untimed == Untimed::wait && now_ns() - modified < kPatienceNs) return {};
  return read_data(size, modified, sink);
}

Result<void> StreamReader::read_data(std::uint64_t end, std::int64_t time_ns, const Sink& sink) {
  std::vector<char> chunk(
      static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, end > data_offset_ ? end - data_offset_ : 0)));
  while (data_offset_ < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), end - data_offset_));
    const std::size_t n = TRY(read_at(data_.get(), chunk.data(), wanted, data_offset_, path("log", 0)));
    if (n == 0) return {};  // an index of more than there is: its data was lost with the power
    data_offset_ += n;
    split(chunk.data(), n, time_ns, sink);
  }
  return {};
}

void StreamReader::split(const char* bytes, std::size_t size, std::int64_t time_ns, const Sink& sink) {
  while (size > 0) {
    if (partial_.empty()) partial_time_ns_ = time_ns;
    const auto* newline = static_cast<const char*>(std::memchr(bytes, '\n', size));
    const std::size_t length = newline == nullptr ? size : static_cast<std::size_t>(newline - bytes);
    const std::size_t taken = std::min(length, kLongestLine - partial_.size());
    partial_.append(bytes, taken);
    bytes += taken;
    size -= taken;
    const bool ends = taken == length && newline != nullptr;
    if (ends) {
      ++bytes;
      --size;
    }
    if (!ends && partial_.size() < kLongestLine) continue;
    sink({partial_time_ns_, stream_, std::exchange(partial_, {}), ends});
  }
}

void StreamReader::give_partial(const Sink& sink) {
  if (partial_.empty()) return;
  sink({partial_time_ns_, stream_, std::exchange(partial_, {}), false});
}

}  // namespace stack::logs
