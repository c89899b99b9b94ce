// What a reconciler does when its keeper died: everything goes to a new one.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/keeper/messages.h"
#include "core/keeper/programs.h"
#include "core/sys/spawn.h"

namespace stack::keeper {
namespace {

constexpr int kHandoverFd = 3;  // in the new keeper

Result<void> send_all(int socket, const Handover& handover) {
  TRY(send_name(socket, wire::Kind::control, "", -1, {handover.control}));
  for (const Handover::Process& process : handover.processes)
    TRY(send_watch(socket, process.watch, process.pidfd, process.out, process.err));
  for (const auto& [key, fds] : handover.stored) TRY(send_name(socket, wire::Kind::store, key, -1, fds));
  return send_name(socket, wire::Kind::end, "");
}

// It has gone into the background, and holds everything.
Result<void> await_taken(pid_t pid, const std::string& keeper) {
  const int code = TRY(exit_code_of(pid, keeper));
  if (code == 0) return {};
  if (code == kAnotherHoldsTheLock) return os_error("hand over: another keeper has the stack", EBUSY);
  return fault("hand over to \"" + keeper + "\": it ended with " + std::to_string(code));
}

}  // namespace

Result<UniqueFd> start_new_keeper(const std::string& project, const Handover& handover) {
  const std::string self = TRY(own_program());
  const std::string keeper = TRY(keeper_program());
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return os_error("make a socket pair");
  UniqueFd ours(pair[0]);
  UniqueFd theirs(
      ::fcntl(pair[1], F_DUPFD_CLOEXEC, kHandoverFd + 1));  // dup2 to itself would leave CLOEXEC on
  ::close(pair[1]);
  // Number 3 is where our own keeper's socket was, which is of no use any more.
  const pid_t pid =
      TRY(spawn(keeper, {"stack-keeper", project, self, "--handover", std::to_string(kHandoverFd)},
                {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, theirs.get()}, SpawnSession::ours));
  theirs.reset();
  const Result<void> sent = send_all(ours.get(), handover);
  if (!sent) ours.reset();  // so that it does not wait for the rest
  const Result<void> taken = await_taken(pid, keeper);
  if (!sent) return sent.error();
  if (!taken) return taken.error();
  return ours;
}

// It hangs up when nobody holds the other end any more: the keeper, and whoever it has given it to.
Result<Successor> await_successor(const UniqueFd& socket) {
  wire::AnyMessage message;
  std::vector<int> none;
  const Got got = TRY(receive_message(socket.get(), message, none, Wait::yes));
  return got == Got::message ? Successor::has_everything : Successor::died;
}

// One of an older version has ended already, and needs no word.
void tell_predecessor(const UniqueFd& socket) {
  static_cast<void>(send_name(socket.get(), wire::Kind::end, ""));
}

}  // namespace stack::keeper
