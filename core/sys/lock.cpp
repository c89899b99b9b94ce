#include "core/sys/lock.h"

#include <sys/file.h>

#include <cerrno>

namespace stack {

Result<bool> lock(int fd, Locking how, Waiting waiting, const std::string& what) {
  const int operation = (how == Locking::shared ? LOCK_SH : LOCK_EX) | (waiting == Waiting::no ? LOCK_NB : 0);
  while (::flock(fd, operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return os_error("lock \"" + what + "\"");
  }
  return true;
}

}  // namespace stack
