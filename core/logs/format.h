// A stream's log on disk. STREAM.log holds the bytes as the container wrote them. STREAM.idx says when: an
// IndexHeader, then one Piece for each write of the keeper. The data is written first, so a crash leaves data
// without its piece, never the reverse. Positions are absolute: a piece that is missing is covered by the one
// after it. STREAM.log.1, .2 (and .idx.1, .2) are older. The two are not renamed in one instant: what belongs
// together is told by the inode in the header, not by the number. This file is shared with the keeper and
// holds no C++ library type.
#pragma once

#include <cstdint>

namespace stack::logs {

inline constexpr std::uint64_t kIndexMagic = 0x3178646b63617473;  // "stackdx1"

struct IndexHeader {
  std::uint64_t magic = kIndexMagic;
  std::uint64_t data_inode = 0;
  std::uint64_t reserved = 0;
};

struct Piece {
  static constexpr std::uint32_t kEnded =
      1;  // the process that wrote has ended; a line without newline ends here
  static constexpr std::uint32_t kRecovered =
      2;  // found without a piece after a crash; the time is the data file's mtime

  std::int64_t time_ns = 0;  // CLOCK_REALTIME
  std::uint64_t end =
      0;  // position in the data file after this piece; equal to the one before where nothing was written
  std::uint32_t lost = 0;  // bytes that could not be written before this piece (disk full), saturated
  std::uint32_t flags = 0;
};

static_assert(sizeof(IndexHeader) == 24 && sizeof(Piece) == 24);

}  // namespace stack::logs
