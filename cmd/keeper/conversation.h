// The keeper's half of core/keeper/protocol.h: hears all that the reconciler says, and says what is due, as
// far as the socket has room; the rest when it has room again.
#pragma once

#include <cstdint>

#include "cmd/keeper/channel.h"

namespace stack::keeper {

class Conversation {
 public:
  enum class Stage : std::uint32_t { silent, processes, stored, end, open };

  // `silent` for a new reconciler, `open` for one that has had its inventory.
  bool begin(int socket, Stage stage);
  // The reconciler is dead; what it had said has been heard.
  void end();
  // False when it has hung up.
  bool hear();
  void tell();

  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] bool retired() const { return retired_; }

 private:
  void begin_inventory();
  bool tell_processes();
  bool tell_stored();
  bool tell_end();
  bool tell_exits();
  bool tell_stops();
  static bool sent(channel::Sent outcome);
  void await_room(bool wanted);

  int socket_ = -1;
  Stage stage_ = Stage::silent;
  int slot_ = 0;  // of the inventory: the next one to tell of
  bool awaits_room_ = false;
  bool retired_ = false;
};

}  // namespace stack::keeper
