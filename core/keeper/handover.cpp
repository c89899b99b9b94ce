// What a reconciler does when its keeper died: everything goes to a new one.
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "core/keeper/messages.h"

namespace stack::keeper {
namespace {

constexpr int kHandoverFd = 3;  // in the new keeper

std::string folder_of(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

Result<std::string> own_program() {
  // Set by the keeper: it executes us by a detached mount, of which /proc/self/exe knows no path.
  if (const char* path = std::getenv("STACK_PROGRAM")) return std::string(path);
  char path[4096];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  if (n < 0) return os_error("read \"/proc/self/exe\"");
  return std::string(path, static_cast<std::size_t>(n));
}

// The one that we had, or else one beside us (a build), or where `install` puts it.
Result<std::string> find_keeper(const std::string& self) {
  std::vector<std::string> candidates;
  if (const char* known = std::getenv("STACK_KEEPER")) candidates.emplace_back(known);
  candidates.push_back(folder_of(self) + "/stack-keeper");
  candidates.push_back(folder_of(folder_of(self)) + "/libexec/stack/stack-keeper");
  for (const std::string& candidate : candidates)
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  return os_error("find \"stack-keeper\" beside \"" + self + "\"", ENOENT);
}

Result<pid_t> spawn(const std::string& keeper, const std::string& project, const std::string& self,
                    int socket) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  // Number 3 is where our own keeper's socket was, which is of no use any more; dup2 takes CLOEXEC off.
  ::posix_spawn_file_actions_adddup2(&files, socket, kHandoverFd);
  ::posix_spawn_file_actions_addclosefrom_np(&files, kHandoverFd + 1);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words{"stack-keeper", project, self, "--handover", std::to_string(kHandoverFd)};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, keeper.c_str(), &files, &attributes, argv.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return os_error("start \"" + keeper + "\"", error);
  return pid;
}

Result<void> send_all(int socket, const Handover& handover) {
  TRY(send_name(socket, wire::Kind::control, "", -1, {handover.control}));
  for (const Handover::Process& process : handover.processes)
    TRY(send_watch(socket, process.watch, process.pidfd, process.out, process.err));
  for (const auto& [key, fds] : handover.stored) TRY(send_name(socket, wire::Kind::store, key, -1, fds));
  return send_name(socket, wire::Kind::end, "");
}

// It has gone into the background, and holds everything.
Result<void> await_taken(pid_t pid, const std::string& keeper) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return os_error("wait for \"" + keeper + "\"");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return fault("hand over to \"" + keeper + "\": it ended with " + std::to_string(code));
}

}  // namespace

Result<std::string> keeper_program() {
  return find_keeper(TRY(own_program()));
}

Result<void> start_new_keeper(const std::string& project, const Handover& handover) {
  const std::string self = TRY(own_program());
  const std::string keeper = TRY(keeper_program());
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return os_error("make a socket pair");
  UniqueFd ours(pair[0]);
  UniqueFd theirs(
      ::fcntl(pair[1], F_DUPFD_CLOEXEC, kHandoverFd + 1));  // dup2 to itself would leave CLOEXEC on
  ::close(pair[1]);
  const pid_t pid = TRY(spawn(keeper, project, self, theirs.get()));
  theirs.reset();
  const Result<void> sent = send_all(ours.get(), handover);
  if (!sent) ours.reset();  // so that it does not wait for the rest
  const Result<void> taken = await_taken(pid, keeper);
  if (!sent) return sent;
  if (!taken) return taken;
  // Kept open until we end, which is how the keeper knows when it may start another reconciler.
  static_cast<void>(ours.release());
  return {};
}

}  // namespace stack::keeper
