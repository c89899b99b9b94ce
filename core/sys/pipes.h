// A pipe whose both ends are CLOEXEC.
#pragma once

#include <fcntl.h>
#include <unistd.h>

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

}  // namespace stack
