// The keeper's whole state as a sequence of messages (core/keeper/protocol.h): left in a memfd for the next
// version of this very process (SIGHUP: exec in place, so that the children stay children), or received over
// a socket from a reconciler whose keeper was killed.
#pragma once

#include "cmd/keeper/conversation.h"
#include "cmd/keeper/daemon.h"
#include "cmd/keeper/reconciler_process.h"

namespace stack::keeper {

struct Keeper {
  daemon::Home home;
  ReconcilerProcess::Program program;
  ReconcilerProcess reconciler;
  Conversation conversation;
  bool foreground = false;
  bool asked_to_end = false;  // SIGTERM, not yet passed on to a reconciler that can hear it
};

namespace upgrade {

// Executes our own path, as it is now, with all that we hold. Returns only where that failed, and then
// nothing has changed.
void exec_in_place(Keeper& keeper);
// The other end of it. False where the state cannot be read: the keeper cannot go on.
bool restore(Keeper& keeper, int state);
// Takes what a reconciler hands over; returns after its `end`.
bool take_over(Keeper& keeper, int socket);

}  // namespace upgrade
}  // namespace stack::keeper
