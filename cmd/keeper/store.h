// Descriptors that the reconciler left with us under a name: DNS sockets, reserved ports.
#pragma once

#include "cmd/keeper/channel.h"
#include "core/keeper/protocol.h"

namespace stack::keeper::store {

struct Stored {
  char key[wire::kNameBytes] = {};
  channel::Fds fds;
};

inline constexpr int kMost = 2048;

// Takes the descriptors, closing what was under the key.
void put(const char* key, channel::Fds& fds);
void forget(const char* key);
// One past the last entry in use, and an entry or nothing.
int end();
const Stored* at(int slot);

}  // namespace stack::keeper::store
