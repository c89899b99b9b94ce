#include "cmd/keeper/store.h"

#include <cstring>

#include "cmd/keeper/slots.h"
#include "cmd/keeper/words.h"

namespace stack::keeper::store {
namespace {

constinit Slots<Stored, kMost> table{};

Stored* find(const char* key) {
  return table.find([&](const Stored& stored) { return ::strcmp(stored.key, key) == 0; });
}

}  // namespace

void put(const char* key, channel::Fds& fds) {
  forget(key);
  Stored* entry = table.take();
  if (entry == nullptr) return complain("no room to store", key, 0);  // `fds` closes with its message
  copy(entry->key, sizeof entry->key, key);
  for (int fd = fds.take(); fd >= 0; fd = fds.take()) entry->fds.add(fd);
}

void forget(const char* key) {
  Stored* entry = find(key);
  if (entry == nullptr) return;
  entry->fds.close_rest();
  table.give_back(*entry);
}

int end() {
  return table.end();
}
const Stored* at(int slot) {
  return table.at(slot);
}

}  // namespace stack::keeper::store
