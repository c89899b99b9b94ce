// inotify(7): an instance, and what has come of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

// Non-blocking.
Result<UniqueFd> open_inotify();

struct InotifyEvent {
  int watch = -1;            // -1: of the queue itself (IN_Q_OVERFLOW)
  std::uint32_t mask = 0;    // IN_...
  std::uint32_t cookie = 0;  // the same of both halves of a rename
  std::string name;          // in the folder that is watched; "" where it is about the folder
};

// Takes all that has come, in its order; an error of `visit` ends it.
Result<void> take_inotify_events(int inotify, const std::function<Result<void>(const InotifyEvent&)>& visit);

}  // namespace stack
