#include "cmd/keeper/conversation.h"

#include <sys/epoll.h>

#include <cstring>

#include "cmd/keeper/channel.h"
#include "cmd/keeper/daemon.h"
#include "cmd/keeper/events.h"
#include "cmd/keeper/processes.h"
#include "cmd/keeper/store.h"

namespace stack::keeper {
namespace {

const Event kSocketEvent{Source::reconciler_socket, 0, 0, 0};

}  // namespace

bool Conversation::begin(int socket, Stage stage) {
  socket_ = socket;
  stage_ = stage;
  slot_ = 0;
  awaits_room_ = false;
  return events::add(socket, EPOLLIN, kSocketEvent);
}

void Conversation::end() {
  socket_ = -1;
  stage_ = Stage::silent;
}

bool Conversation::hear() {
  for (;;) {
    wire::AnyMessage message;
    channel::Fds fds;
    const channel::Got got = channel::receive(socket_, message, fds);
    if (got != channel::Got::message) return got == channel::Got::nothing;
    message.name.name[wire::kNameBytes - 1] = '\0';
    switch (message.kind) {
      case wire::Kind::watch:
        processes::watch(message.watch, fds);
        break;
      case wire::Kind::acknowledge:
        processes::acknowledge(message.name.pid, message.name.name);
        daemon::trim_words();
        break;
      case wire::Kind::reopen:
        processes::reopen_log(message.name.pid, message.name.name);
        break;
      case wire::Kind::store:
        store::put(message.name.name, fds);
        break;
      case wire::Kind::forget:
        store::forget(message.name.name);
        break;
      case wire::Kind::inventory:
        begin_inventory();
        break;
      case wire::Kind::retire:
        retired_ = true;
        break;
      default:  // a word that a later version knows
        break;
    }
    fds.close_rest();
  }
}

void Conversation::begin_inventory() {
  stage_ = Stage::processes;
  slot_ = 0;
  for (int i = 0; i < processes::end(); ++i)
    if (Process* process = processes::at(i)) process->reported = false;
}

void Conversation::tell() {
  if (socket_ < 0 || stage_ == Stage::silent) return;
  const bool all = tell_processes() && tell_stored() && tell_end() && tell_exits() && tell_stops();
  await_room(!all);
}

bool Conversation::tell_processes() {
  if (stage_ != Stage::processes) return true;
  for (; slot_ < processes::end(); ++slot_) {
    Process* process = processes::at(slot_);
    if (process == nullptr) continue;
    channel::Fds fds;
    const wire::WatchMessage message = processes::describe(*process, fds);
    if (!sent(channel::send(socket_, &message, sizeof message, fds))) return false;
    process->reported = message.exit.ended != 0;
  }
  stage_ = Stage::stored;
  slot_ = 0;
  return true;
}

bool Conversation::tell_stored() {
  if (stage_ != Stage::stored) return true;
  for (; slot_ < store::end(); ++slot_) {
    const store::Stored* stored = store::at(slot_);
    if (stored == nullptr) continue;
    wire::NameMessage message;
    message.kind = wire::Kind::store;
    ::memcpy(message.name, stored->key, sizeof message.name);
    if (!sent(channel::send(socket_, &message, sizeof message, stored->fds))) return false;
  }
  stage_ = Stage::end;
  return true;
}

bool Conversation::tell_end() {
  if (stage_ != Stage::end) return true;
  wire::NameMessage message;
  message.kind = wire::Kind::end;
  if (!sent(channel::send(socket_, &message, sizeof message))) return false;
  stage_ = Stage::open;
  return true;
}

bool Conversation::tell_exits() {
  for (int i = 0; i < processes::end(); ++i) {
    Process* process = processes::at(i);
    if (process == nullptr || process->reported || process->watch.exit.ended == 0) continue;
    wire::ExitMessage message;
    message.pid = process->watch.pid;
    ::memcpy(message.name, process->watch.name, sizeof message.name);
    message.exit = process->watch.exit;
    if (!sent(channel::send(socket_, &message, sizeof message))) return false;
    process->reported = true;
  }
  return true;
}

bool Conversation::tell_stops() {
  for (int i = 0; i < processes::end(); ++i) {
    Process* process = processes::at(i);
    if (process == nullptr || !process->stopped) continue;
    wire::NameMessage message;
    message.kind = wire::Kind::stopped;
    message.pid = process->watch.pid;
    ::memcpy(message.name, process->watch.name, sizeof message.name);
    if (!sent(channel::send(socket_, &message, sizeof message))) return false;
    process->stopped = false;
  }
  return true;
}

// A broken socket is the reconciler's death, which is about to be noticed: nothing needs to be kept back for
// it.
bool Conversation::sent(channel::Sent outcome) {
  return outcome != channel::Sent::no_room;
}

void Conversation::await_room(bool wanted) {
  if (awaits_room_ == wanted) return;
  awaits_room_ = wanted;
  events::change(socket_, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, kSocketEvent);
}

}  // namespace stack::keeper
