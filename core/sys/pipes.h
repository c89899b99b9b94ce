// A pipe whose both ends are CLOEXEC, and what comes out of one.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

struct Pipe {
  UniqueFd read, write;
};

inline Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return os_error("make a pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Until the last writer has closed it; an error ends it too. What comes after `most` bytes is dropped.
inline std::string read_to_end(int fd, std::size_t most = SIZE_MAX) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer, std::min(static_cast<std::size_t>(n), most - text.size()));
  }
}

}  // namespace stack
