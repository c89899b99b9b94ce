// Messages of core/keeper/protocol.h over a SOCK_SEQPACKET socket; never blocks unless told to.
#pragma once

#include "core/keeper/protocol.h"

namespace stack::keeper::channel {

enum class Sent { yes, no_room, broken };
enum class Got { message, nothing, hung_up };
enum class Wait { no, yes };

struct Fds {
  int count = 0;
  int fd[wire::kMaxFds] = {-1, -1, -1, -1};

  void add(int number) { fd[count++] = number; }
  // The next one, which is the caller's from now on; -1 when there is none.
  int take() { return taken_ < count ? fd[taken_++] : -1; }
  void close_rest();

 private:
  int taken_ = 0;
};

Sent send(int socket, const void* message, std::size_t size, const Fds& fds = {});
Got receive(int socket, wire::AnyMessage& message, Fds& fds, Wait wait = Wait::no);

}  // namespace stack::keeper::channel
