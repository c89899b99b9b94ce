// What the reconciler and the keeper say to each other: fixed structs, one a SOCK_SEQPACKET message,
// descriptors beside them (SCM_RIGHTS). The keeper includes this file too, so it holds no C++ library type.
// The same structs are what a keeper leaves to its successor, over a socket (handover) or in a memfd
// (upgrade). Fields are only ever appended: a message that is shorter than the struct is from an older
// program, and what it lacks is zero; of a longer one the rest is left aside.
//
// A reconciler begins with `inventory`; before that the keeper says nothing. After the answer (`watch`...,
// `store`..., `end`) come `exit` and `stopped` messages; a kind that the other side does not know it leaves
// aside. Nothing else is answered: what the reconciler has sent stays in
// the socket should it die, and is read by the keeper all the same.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stack::keeper {
inline constexpr int kAnotherHoldsTheLock = 3;  // exit code of stack-keeper
}

namespace stack::keeper::wire {

inline constexpr std::size_t kNameBytes = 128;  // with the terminating NUL
inline constexpr std::size_t kPathBytes = 512;
inline constexpr int kMaxFds = 4;

// Under this name a keeper keeps the socket over which it took over: its first reconciler says there that it
// has everything, and only then does the one that handed over end.
inline constexpr char kHandoverKey[] = "handover";

enum class Kind : std::uint32_t {
  none = 0,
  watch = 1,        // WatchMessage; pidfd, out, err as its `fds` says
  acknowledge = 2,  // NameMessage
  store = 3,        // NameMessage; 0 to 4 descriptors
  forget = 4,       // NameMessage
  inventory = 5,    // NameMessage without a name
  retire = 6,       // NameMessage without a name
  exit = 7,         // ExitMessage
  end = 8,          // NameMessage without a name: the inventory, or the handover, is complete
  control = 9,      // NameMessage without a name; the listening control socket (handover and upgrade)
  self = 10,        // SelfMessage; see cmd/keeper/upgrade.cpp (upgrade only)
  reopen = 12,      // NameMessage: its log files have been deleted, and are to be made anew
  stopped = 11,     // NameMessage: a signal has stopped the process (SIGSTOP); how it is now the kernel tells
};

// Which descriptors ride on a WatchMessage, in this order.
inline constexpr std::uint32_t kHasPidfd = 1, kHasOut = 2, kHasErr = 4;

struct ExitBody {
  std::uint32_t ended = 0;  // 0: it runs, and the rest means nothing
  std::uint32_t known = 0;
  std::int32_t status = 0;  // exit code, or the signal
  std::uint32_t signaled = 0;
  std::int64_t time_ns = 0;
};

struct WatchMessage {
  Kind kind = Kind::watch;
  std::int32_t pid = -1;
  std::uint64_t start_time = 0;
  std::uint64_t max_bytes = 0;
  std::uint32_t max_files = 0;
  std::uint32_t fds = 0;
  char name[kNameBytes] = {};
  char log_dir[kPathBytes] = {};
  ExitBody exit;  // only from the keeper
  std::uint64_t lost[2] =
      {};  // only from keeper to keeper: bytes of out and err that are not yet noted as lost
  std::uint64_t reported = 0;  // only from keeper to keeper: the reconciler has been told of the exit
  std::uint64_t stopped = 0;   // only from keeper to keeper: it is to be told of a stop
};

struct ExitMessage {
  Kind kind = Kind::exit;
  std::int32_t pid = -1;
  char name[kNameBytes] = {};
  ExitBody exit;
};

struct NameMessage {
  Kind kind = Kind::none;
  std::int32_t pid = -1;
  char name[kNameBytes] = {};
};

union AnyMessage {
  Kind kind;
  WatchMessage watch;
  ExitMessage exit;
  NameMessage name;
  char bytes[sizeof(WatchMessage)];

  AnyMessage() : bytes{} {}
};

}  // namespace stack::keeper::wire
