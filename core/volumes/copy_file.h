// The content of a regular file.
#pragma once

#include <sys/types.h>

#include <vector>

#include "specs/result.h"

namespace stack::volumes {

class FileCopy {
 public:
  // `to` is empty. Holes stay holes; where the file system can, both share their blocks.
  Result<void> copy(int from, int to, off_t size);

 private:
  Result<void> copy_piece(int from, int to, off_t at, off_t end);
  Result<off_t> copy_bytes(int from, int to, off_t at, off_t end);

  bool in_kernel_ = true;  // until copy_file_range(2) has said that it cannot between these two
  std::vector<char> buffer_;
};

}  // namespace stack::volumes
