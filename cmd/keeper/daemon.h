// What makes a process the keeper of a project: its folder, its lock, its listening socket; and the way into
// the background.
#pragma once

#include "core/keeper/protocol.h"

namespace stack::keeper::daemon {

struct Home {
  char folder[96] = {};  // /run/stack/PROJECT
  int dir = -1;
  int lock = -1;
  int control = -1;
};

enum class Patience { none, some };  // some: the holder of the lock is known to be dying

// Makes and locks the folder. Exit code: 0, 1 or kAnotherHoldsTheLock.
int move_in(Home& home, const char* project, Patience patience);
bool listen(Home& home);
// Unlinks the socket, unless the folder is another keeper's by now.
void close_door(const Home& home);
// Descriptor 0 becomes /dev/null, open both ways: discarded output goes there.
bool open_null();
// Forks; the parent exits with 0. What the keeper and its reconciler say goes to `reconciler.log` from now
// on.
bool go_to_background(const Home& home);
// Standard error is reconciler.log already (after an upgrade).
void own_words();
// Empties reconciler.log once it has grown large: it lies in memory.
void trim_words();
// READY=1 to the service manager (sd_notify(3)).
void tell_ready();

}  // namespace stack::keeper::daemon
