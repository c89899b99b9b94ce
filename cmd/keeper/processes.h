// The processes that the keeper watches, each with its logs: a fixed table. An entry lives until the
// reconciler has acknowledged the exit; until then the zombie is kept, so that not even our own death loses a
// status.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "cmd/keeper/channel.h"
#include "cmd/keeper/events.h"
#include "cmd/keeper/log_stream.h"
#include "core/keeper/protocol.h"

namespace stack::keeper {

struct Process {
  bool reported = false;         // the reconciler has been told of the exit
  bool stopped = false;          // a signal has stopped it, of which the reconciler is to be told
  std::uint32_t generation = 0;  // see events.h
  int pidfd = -1;
  LogStream out, err;
  int kept_out = -1, kept_err = -1;  // pipes of a process without log folder: held, not read
  wire::WatchMessage watch;
};

namespace processes {

inline constexpr int kMost = 4096;  // untouched entries cost no memory

// Takes the descriptors. One that is there already keeps what it has. False where it could not be taken: it
// is killed then.
bool watch(const wire::WatchMessage& message, channel::Fds& fds);
void reopen_log(pid_t pid, const char* name);
void acknowledge(pid_t pid, const char* name);
// Notes which children a signal has stopped since. Only a parent hears of it: not of those that a dead keeper
// has left us.
void notice_stops();
// Something of an entry's is readable.
void serve(const Event& event);

// One past the last entry in use, and an entry or nothing.
int end();
Process* at(int slot);
[[nodiscard]] bool is_watched(pid_t pid);
// The message and the descriptors with which an entry can be made anew.
wire::WatchMessage describe(const Process& process, channel::Fds& fds);

}  // namespace processes
}  // namespace stack::keeper
