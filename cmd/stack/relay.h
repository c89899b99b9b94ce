// Bytes from one descriptor to another, for a poll loop: at most one buffer of them is under way, so a side
// that does not read holds the other side up.
#pragma once

#include <poll.h>

#include <string>

#include "core/sys/unique_fd.h"

namespace stack::cmd {

class Relay {
 public:
  // `from` and `to` stay the caller's, who closes `to` when ended() and wants its reader to see the end.
  Relay(int from, int to) : from_(from), to_(to) {}

  // What to poll for: one descriptor at a time, or none (-1) when ended.
  [[nodiscard]] pollfd wanted() const;
  // Called when that is ready: one read or one write. Neither blocks after a poll that said so, but for a
  // write to a blocking descriptor, which is the user's own output.
  void step();
  // The source has ended and all is written, or the sink is gone.
  [[nodiscard]] bool ended() const { return ended_; }
  // All that can be had without waiting, until the source is dry.
  void drain();

 private:
  int from_, to_;
  std::string pending_;
  bool ended_ = false;
};

}  // namespace stack::cmd
