// stack-keeper [--foreground] PROJECT STACK_BINARY [--handover FD | --resume FD]
//
// Parent of a stack's reconciler and of all its containers. It keeps what must outlive the reconciler, and
// nothing else: exits until they are acknowledged (as zombies), the containers' output, descriptors; and it
// starts the reconciler when there is none. Static, without C++ runtime, heap or threads; every table is
// fixed. SIGTERM ends the stack (passed on to the reconciler), SIGHUP executes a new version in place. Exit
// codes: 0 in the background and listening, or retired; 1 failed; 3 another keeper has the stack.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "cmd/keeper/children.h"
#include "cmd/keeper/footprint.h"
#include "cmd/keeper/init.h"
#include "cmd/keeper/processes.h"
#include "cmd/keeper/store.h"
#include "cmd/keeper/upgrade.h"
#include "cmd/keeper/words.h"

namespace stack::keeper {
namespace {

struct Options {
  bool foreground = false;
  const char* project = nullptr;
  const char* program = nullptr;
  int handover = -1;
  int resume = -1;
};

// What the signals of one turn of the loop ask for.
struct Asked {
  bool reap = false;
  bool upgrade = false;
};

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const bool last = i + 1 == argc;
    if (::strcmp(argv[i], "--foreground") == 0) {
      options.foreground = true;
    } else if (!last && ::strcmp(argv[i], "--handover") == 0) {
      options.handover = number_of(argv[++i]);
    } else if (!last && ::strcmp(argv[i], "--resume") == 0) {
      options.resume = number_of(argv[++i]);
    } else if (options.project == nullptr) {
      options.project = argv[i];
    } else if (options.program == nullptr) {
      options.program = argv[i];
    } else {
      return false;
    }
  }
  return options.program != nullptr && options.program[0] == '/';
}

void block(sigset_t& signals) {
  ::sigemptyset(&signals);
  constexpr int kHeard[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
  for (const int number : kHeard) ::sigaddset(&signals, number);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

// After the last fork: epoll tells of the signals of the process that added a signalfd, not of the one that
// reads it.
int open_signals(const sigset_t& signals) {
  const int fd = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0 || !events::add(fd, EPOLLIN, {Source::signal, 0, 0, 0})) {
    complain("listen to signals", "", errno);
    return -1;
  }
  return fd;
}

// Seven descriptors a container; the reconciler is started with the limit that we found.
std::uint64_t raise_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const std::uint64_t found = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) complain("raise the limit of descriptors", "", errno);
  return found;
}

// The path that SIGHUP executes, as it is named now: after an update "/proc/self/exe" is called "...
// (deleted)".
bool find_own_path(char* path, std::size_t size) {
  const ssize_t n = ::readlink("/proc/self/exe", path, size - 1);
  if (n < 0 || static_cast<std::size_t>(n) == size - 1) {
    complain("read", "/proc/self/exe", n < 0 ? errno : ENAMETOOLONG);
    return false;
  }
  path[n] = '\0';
  return true;
}

void start_reconciler(Keeper& keeper) {
  if (!keeper.reconciler.start(keeper.home.control)) return;
  events::add(keeper.reconciler.pidfd(), EPOLLIN, {Source::reconciler_exit, 0, 0, 0});
  keeper.conversation.begin(keeper.reconciler.socket(), Conversation::Stage::silent);
}

void reconciler_died(Keeper& keeper) {
  if (!keeper.reconciler.runs()) return;
  keeper.conversation.hear();  // its last words: whoever it has handed over is not to be killed
  keeper.conversation.end();
  keeper.reconciler.bury();
  children::kill_unwatched();
}

void hear(Keeper& keeper) {
  if (!keeper.reconciler.runs() || keeper.conversation.hear()) return;
  // It is dying, or has lost its mind: without us it is of no use.
  events::remove(keeper.reconciler.socket());
  keeper.reconciler.signal(SIGKILL);
}

void take_signals(Keeper& keeper, int signals, Asked& asked) {
  signalfd_siginfo info;
  while (::read(signals, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD)
      asked.reap = true;
    else if (info.ssi_signo == SIGHUP)
      asked.upgrade = true;
    else
      keeper.asked_to_end = true;
  }
}

void serve(Keeper& keeper, const Event& event, int signals, Asked& asked) {
  switch (event.source) {
    case Source::signal:
      return take_signals(keeper, signals, asked);
    case Source::reconciler_exit:
      return reconciler_died(keeper);
    case Source::reconciler_socket:
      return hear(keeper);
    case Source::process:
    case Source::out:
    case Source::err:
      return processes::serve(event);
  }
}

bool in_conversation(const Keeper& keeper) {
  return keeper.conversation.stage() == Conversation::Stage::open;
}

int run(Keeper& keeper, int signals) {
  Asked asked;
  bool door_closed = false;
  for (;;) {
    if (keeper.conversation.retired() && !std::exchange(door_closed, true)) daemon::close_door(keeper.home);
    if (door_closed && !keeper.reconciler.runs()) return 0;
    start_reconciler(keeper);
    footprint::shed_code();
    Event batch[events::kBatch];
    const int count = events::wait(batch, keeper.reconciler.timeout_ms());
    for (int i = 0; i < count; ++i) serve(keeper, batch[i], signals, asked);
    if (asked.reap) processes::notice_stops();
    keeper.conversation.tell();
    if (std::exchange(asked.reap, false)) children::reap_unwatched(keeper.reconciler.pid());
    // A reconciler that has its inventory has its signal handlers too.
    if (keeper.asked_to_end && in_conversation(keeper)) {
      keeper.asked_to_end = false;
      keeper.reconciler.signal(SIGTERM);
    }
    const bool between =
        in_conversation(keeper) || keeper.conversation.stage() == Conversation::Stage::silent;
    if (asked.upgrade && between && !keeper.conversation.retired()) {
      asked.upgrade = false;
      upgrade::exec_in_place(keeper);
    }
  }
}

// The reconciler whose keeper died does nothing any more, but holds what it handed over until our own
// reconciler, which gets this socket with the rest, tells it that it has everything.
void keep_word_for_predecessor(int handover) {
  if (handover < 0) return;
  ::fcntl(handover, F_SETFD, FD_CLOEXEC);
  channel::Fds socket;
  socket.add(handover);
  store::put(wire::kHandoverKey, socket);
  socket.close_rest();
}

int become_keeper(Keeper& keeper, const Options& options) {
  using daemon::Patience;
  const int code =
      daemon::move_in(keeper.home, options.project, options.handover >= 0 ? Patience::some : Patience::none);
  if (code != 0) return code;
  if (options.handover >= 0 && !upgrade::take_over(keeper, options.handover)) return 1;
  if (keeper.home.control < 0 && !daemon::listen(keeper.home)) return 1;
  if (!options.foreground && !daemon::go_to_background(keeper.home)) return 1;
  if (options.foreground) daemon::tell_ready();
  footprint::hide_from_oom_killer();
  return 0;
}

int resume_keeper(Keeper& keeper, const Options& options) {
  Text(keeper.home.folder, sizeof keeper.home.folder) << "/run/stack/" << options.project;
  keeper.home.dir = ::open(keeper.home.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!options.foreground) daemon::own_words();
  return upgrade::restore(keeper, options.resume) ? 0 : 1;
}

int keep(const Options& options) {
  static Keeper keeper;
  static char own_path[4096];
  sigset_t signals;
  block(signals);
  if (!find_own_path(own_path, sizeof own_path) || !daemon::open_null() || !events::open()) return 1;
  keeper.foreground = options.foreground;
  if (options.resume < 0) keeper.program.descriptors = raise_descriptors();
  const int code = options.resume >= 0 ? resume_keeper(keeper, options) : become_keeper(keeper, options);
  if (code != 0) return code;
  keeper.program.path = options.program;
  keeper.program.project = options.project;
  keeper.program.own_path = own_path;
  keeper.reconciler.set_program(keeper.program);
  const int signal_fd = open_signals(signals);
  if (signal_fd < 0) return 1;
  if (::chdir("/") != 0) complain("change folder to", "/", errno);
  keep_word_for_predecessor(options.handover);
  return run(keeper, signal_fd);
}

}  // namespace
}  // namespace stack::keeper

int main(int argc, char** argv) {
  if (argc > 0 && ::strcmp(argv[0], stack::keeper::kInitName) == 0) return stack::keeper::run_init(argv);
  stack::keeper::Options options;
  if (stack::keeper::parse(argc, argv, options)) return stack::keeper::keep(options);
  stack::keeper::complain("usage: stack-keeper [--foreground] PROJECT STACK_BINARY (an absolute path)", "",
                          0);
  return 1;
}
