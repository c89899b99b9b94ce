// The keeper's one epoll instance. An event says what kind of thing it is of and which, with the generation
// of that slot: an event that was fetched before its slot was freed and taken again is told from one of the
// new owner.
#pragma once

#include <cstdint>

namespace stack::keeper {

enum class Source : std::uint8_t { signal, reconciler_exit, reconciler_socket, process, out, err };

struct Event {
  Source source = Source::signal;
  std::uint16_t slot = 0;
  std::uint32_t generation = 0;
  std::uint32_t what = 0;  // EPOLLIN...
};

namespace events {

inline constexpr int kBatch = 16;

bool open();
// `what` as epoll_ctl(2). A failure is told on standard error.
bool add(int fd, std::uint32_t what, const Event& event);
bool change(int fd, std::uint32_t what, const Event& event);
// Must come before every close(2) of an added descriptor: the reconciler holds duplicates, and an epoll entry
// lives as long as the open file, not as long as our number for it (epoll(7)).
void remove(int fd);
// Up to kBatch events; 0 after a timeout.
int wait(Event (&events)[kBatch], int timeout_ms);

}  // namespace events
}  // namespace stack::keeper
