#include "core/sys/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace stack {

Result<UniqueFd> open_inotify() {
  UniqueFd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) return os_error("make an inotify instance (see fs.inotify.max_user_instances)");
  return inotify;
}

Result<void> take_inotify_events(int inotify, const std::function<Result<void>(const InotifyEvent&)>& visit) {
  alignas(inotify_event) std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t n = ::read(inotify, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return {};
    if (n < 0) return os_error("read the inotify instance");
    for (const char* at = buffer.data(); at < buffer.data() + n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      TRY(visit({event->wd, event->mask, event->cookie, event->len == 0 ? "" : event->name}));
      at += sizeof *event + event->len;
    }
  }
}

}  // namespace stack
