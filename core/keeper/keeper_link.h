// The reconciler's side of the keeper's socket: a SOCK_SEQPACKET pair inherited as descriptor kKeeperFd.
// Messages are the fixed structs of core/keeper/protocol.h, which the keeper includes too.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::keeper {

// Descriptor numbers in the reconciler as the keeper execs it.
inline constexpr int kKeeperFd = 3;   // this socket
inline constexpr int kControlFd = 4;  // the listening control socket, /run/stack/PROJECT/control.sock

inline constexpr std::uint64_t kNoLog = 0;  // of max_bytes: what comes is thrown away

struct LogLimits {
  std::uint64_t max_bytes = 10ull << 20;  // of one file; then it is rotated
  std::uint32_t max_files = 3;            // a stream, the current one included
};

// A process that the keeper watches. `name` is the caller's key ("web" or "exec/1f2e"), at most 127 bytes.
struct Watch {
  std::string name;
  pid_t pid = -1;
  std::uint64_t start_time = 0;  // field 22 of /proc/PID/stat: tells a reused pid
  std::string log_dir;           // empty: no logs are kept
  LogLimits limits;
};

struct Exit {
  std::string name;
  pid_t pid = -1;
  bool known = false;  // false: nobody could learn the status
  int status = 0;      // as waitid(2): si_status for si_code
  bool signaled = false;
  std::int64_t time_ns = 0;  // CLOCK_REALTIME when the keeper noticed
};

// A signal has stopped it, and perhaps it goes on already: the kernel tells.
struct Stop {
  std::string name;
  pid_t pid = -1;
};

using Report = std::variant<Exit, Stop>;

struct Inventory {
  struct Watched {
    Watch watch;
    UniqueFd pidfd;
    UniqueFd out, err;         // the log pipes: held on both sides, so that they outlive the keeper
    std::optional<Exit> exit;  // it ended and has not been acknowledged
  };
  struct Stored {
    std::string key;
    std::vector<UniqueFd> fds;
  };
  std::vector<Watched> watched;
  std::vector<Stored> stored;
};

class Link {
 public:
  explicit Link(UniqueFd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] int fd() const { return socket_.get(); }

  // Hands a process over before it is released. The three descriptors are duplicated, not taken; out and err
  // may be -1.
  Result<void> watch(const Watch& watch, int pidfd, int out, int err);
  // The exit of `name` is safely noted: the keeper reaps it and forgets it.
  Result<void> acknowledge(const std::string& name, pid_t pid);
  // Its log files may be gone: those that are, are made anew.
  Result<void> reopen_log(const std::string& name, pid_t pid);
  // Keeps up to 4 descriptors under `key`, at most 127 bytes, replacing what was there.
  Result<void> store(const std::string& key, const std::vector<int>& fds);
  Result<void> forget(const std::string& key);
  // Asks for all that is kept; blocking, used once at start.
  Result<Inventory> inventory();
  // The stack is down: the keeper removes its socket and ends when this process has ended.
  Result<void> retire();
  // Next report, or nothing when there is none just now. The error ENOTCONN means the keeper is dead.
  Result<std::optional<Report>> receive();

 private:
  UniqueFd socket_;
};

// Called by the reconciler when its keeper died: starts a new one, which gets the control socket, every
// watched process with its log pipes, and every stored descriptor, and then starts a new reconciler. Until
// that one has said that it holds them as well, the caller holds them too: should the new keeper be killed
// before, another is started. At every instant somebody alive has everything.
struct Handover {
  int control = -1;
  struct Process {
    Watch watch;
    int pidfd = -1, out = -1, err = -1;
  };
  std::vector<Process> processes;
  std::vector<std::pair<std::string, std::vector<int>>> stored;
};
// The socket over which the successor will say so. EBUSY: somebody else has started a keeper, which has the
// stack now.
Result<UniqueFd> start_new_keeper(const std::string& project, const Handover& handover);
enum class Successor { has_everything, died };
Result<Successor> await_successor(const UniqueFd& socket);
// Said by the successor, over the socket that its keeper had under wire::kHandoverKey.
void tell_predecessor(const UniqueFd& socket);

}  // namespace stack::keeper
