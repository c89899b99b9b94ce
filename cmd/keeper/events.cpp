#include "cmd/keeper/events.h"

#include <sys/epoll.h>

#include <cerrno>

#include "cmd/keeper/words.h"

namespace stack::keeper::events {
namespace {

int epoll_fd = -1;

std::uint64_t packed(const Event& event) {
  return static_cast<std::uint64_t>(event.source) << 56 | static_cast<std::uint64_t>(event.slot) << 32 |
         event.generation;
}

Event unpacked(const epoll_event& event) {
  return {static_cast<Source>(event.data.u64 >> 56), static_cast<std::uint16_t>(event.data.u64 >> 32),
          static_cast<std::uint32_t>(event.data.u64), event.events};
}

bool control(int operation, int fd, std::uint32_t what, const Event& event) {
  epoll_event e{};
  e.events = what;
  e.data.u64 = packed(event);
  if (::epoll_ctl(epoll_fd, operation, fd, &e) == 0) return true;
  complain("watch a descriptor", "", errno);
  return false;
}

}  // namespace

bool open() {
  epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) complain("make an epoll instance", "", errno);
  return epoll_fd >= 0;
}

bool add(int fd, std::uint32_t what, const Event& event) {
  return control(EPOLL_CTL_ADD, fd, what, event);
}
bool change(int fd, std::uint32_t what, const Event& event) {
  return control(EPOLL_CTL_MOD, fd, what, event);
}

void remove(int fd) {
  epoll_event unused{};
  // ENOENT: it was never added, or already removed.
  if (::epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, &unused) != 0 && errno != ENOENT)
    complain("stop watching a descriptor", "", errno);
}

int wait(Event (&events)[kBatch], int timeout_ms) {
  epoll_event ready[kBatch];
  const int n = ::epoll_wait(epoll_fd, ready, kBatch, timeout_ms);
  if (n < 0 && errno != EINTR) complain("wait for events", "", errno);
  for (int i = 0; i < n; ++i) events[i] = unpacked(ready[i]);
  return n < 0 ? 0 : n;
}

}  // namespace stack::keeper::events
