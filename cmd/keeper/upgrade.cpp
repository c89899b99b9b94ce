#include "cmd/keeper/upgrade.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cmd/keeper/channel.h"
#include "cmd/keeper/processes.h"
#include "cmd/keeper/store.h"
#include "cmd/keeper/words.h"

namespace stack::keeper::upgrade {
namespace {

using channel::Fds;

struct Record {
  std::uint32_t size;
  std::int32_t count;
  std::int32_t fd[wire::kMaxFds];
};

// What the process is, beside what it holds. Its descriptors: lock, reconciler's pidfd, reconciler's socket.
struct SelfMessage {
  wire::Kind kind = wire::Kind::self;
  std::int32_t reconciler = -1;
  std::uint32_t stage = 0;
  std::uint32_t asked_to_end = 0;
  std::uint64_t descriptors = 0;
};
static_assert(sizeof(SelfMessage) <= sizeof(wire::AnyMessage));

enum class Inherited { no, yes };

void set_inherited(const Fds& fds, Inherited inherited) {
  for (int i = 0; i < fds.count; ++i)
    ::fcntl(fds.fd[i], F_SETFD, inherited == Inherited::yes ? 0 : FD_CLOEXEC);
}

bool put(int state, const void* message, std::size_t size, const Fds& fds) {
  Record record{static_cast<std::uint32_t>(size), fds.count, {}};
  ::memcpy(record.fd, fds.fd, sizeof record.fd);
  if (::write(state, &record, sizeof record) != sizeof record) return false;
  return ::write(state, message, size) == static_cast<ssize_t>(size);
}

// Hands each message and its descriptors to `visit`, which says whether to go on.
template <typename Visit>
bool for_each_message(const Keeper& keeper, Visit visit) {
  Fds own;
  own.add(keeper.home.lock);
  SelfMessage self;
  self.descriptors = keeper.program.descriptors;
  self.asked_to_end = keeper.asked_to_end ? 1 : 0;
  if (keeper.reconciler.runs()) {
    self.reconciler = keeper.reconciler.pid();
    self.stage = static_cast<std::uint32_t>(keeper.conversation.stage());
    own.add(keeper.reconciler.pidfd());
    own.add(keeper.reconciler.socket());
  }
  if (!visit(&self, sizeof self, own)) return false;

  wire::NameMessage control;
  control.kind = wire::Kind::control;
  Fds door;
  door.add(keeper.home.control);
  if (!visit(&control, sizeof control, door)) return false;

  for (int i = 0; i < processes::end(); ++i) {
    const Process* process = processes::at(i);
    if (process == nullptr) continue;
    Fds fds;
    const wire::WatchMessage message = processes::describe(*process, fds);
    if (!visit(&message, sizeof message, fds)) return false;
  }
  for (int i = 0; i < store::end(); ++i) {
    const store::Stored* stored = store::at(i);
    if (stored == nullptr) continue;
    wire::NameMessage message;
    message.kind = wire::Kind::store;
    ::memcpy(message.name, stored->key, sizeof message.name);
    if (!visit(&message, sizeof message, stored->fds)) return false;
  }
  wire::NameMessage end;
  end.kind = wire::Kind::end;
  return visit(&end, sizeof end, Fds{});
}

void take_self(Keeper& keeper, const wire::AnyMessage& message, Fds& fds) {
  SelfMessage self;
  ::memcpy(&self, message.bytes, sizeof self);
  keeper.home.lock = fds.take();
  keeper.program.descriptors = self.descriptors;
  keeper.asked_to_end = self.asked_to_end != 0;
  if (self.reconciler <= 0) return;
  const int pidfd = fds.take();
  const int socket = fds.take();
  keeper.reconciler.resume(self.reconciler, pidfd, socket);
  events::add(pidfd, EPOLLIN, {Source::reconciler_exit, 0, 0, 0});
  keeper.conversation.begin(socket, static_cast<Conversation::Stage>(self.stage));
}

// False at the end.
bool take(Keeper& keeper, wire::AnyMessage& message, Fds& fds) {
  switch (message.kind) {
    case wire::Kind::self:
      take_self(keeper, message, fds);
      return true;
    case wire::Kind::control:
      keeper.home.control = fds.take();
      return true;
    case wire::Kind::watch:
      processes::watch(message.watch, fds);
      return true;
    case wire::Kind::store:
      store::put(message.name.name, fds);
      return true;
    case wire::Kind::end:
      return false;
    default:  // a word of a later version
      return true;
  }
}

// Clears what a shorter message of an older version does not have; skips what a longer one of a newer has.
bool get(int state, wire::AnyMessage& message, Fds& fds) {
  Record record{};
  if (::read(state, &record, sizeof record) != sizeof record) return false;
  ::memset(message.bytes, 0, sizeof message.bytes);
  const std::size_t kept = record.size < sizeof message.bytes ? record.size : sizeof message.bytes;
  if (::read(state, message.bytes, kept) != static_cast<ssize_t>(kept)) return false;
  if (::lseek(state, static_cast<off_t>(record.size - kept), SEEK_CUR) < 0) return false;
  for (int i = 0; i < record.count && i < wire::kMaxFds; ++i) fds.add(record.fd[i]);
  set_inherited(fds, Inherited::no);
  return true;
}

}  // namespace

void exec_in_place(Keeper& keeper) {
  const int state = ::memfd_create("keeper-state", 0);
  if (state < 0) return complain("make a memfd", "", errno);
  const bool written =
      for_each_message(keeper, [state](const void* message, std::size_t size, const Fds& fds) {
        set_inherited(fds, Inherited::yes);
        return put(state, message, size, fds);
      });
  Words<16> number;
  number << static_cast<std::uint64_t>(state);
  if (written && ::lseek(state, 0, SEEK_SET) == 0) {
    const char* argv[7] = {"stack-keeper"};
    int n = 1;
    if (keeper.foreground) argv[n++] = "--foreground";
    argv[n++] = keeper.program.project;
    argv[n++] = keeper.program.path;
    argv[n++] = "--resume";
    argv[n++] = number.c_str();
    ::execve(keeper.program.own_path, const_cast<char* const*>(argv), ::environ);
  }
  complain("upgrade to", keeper.program.own_path, errno);
  for_each_message(keeper, [](const void*, std::size_t, const Fds& fds) {
    set_inherited(fds, Inherited::no);
    return true;
  });
  ::close(state);
}

bool restore(Keeper& keeper, int state) {
  for (;;) {
    wire::AnyMessage message;
    Fds fds;
    if (!get(state, message, fds)) break;
    const bool more = take(keeper, message, fds);
    fds.close_rest();
    if (more) continue;
    ::close(state);
    return true;
  }
  complain("read the state of the keeper before", "", errno);
  return false;
}

bool take_over(Keeper& keeper, int socket) {
  for (;;) {
    wire::AnyMessage message;
    Fds fds;
    if (channel::receive(socket, message, fds, channel::Wait::yes) != channel::Got::message) break;
    const bool more =
        message.kind == wire::Kind::self || take(keeper, message, fds);  // `self` is not a reconciler's
    fds.close_rest();
    if (!more) return true;
  }
  complain("take over from a reconciler", "", errno);
  return false;
}

}  // namespace stack::keeper::upgrade
