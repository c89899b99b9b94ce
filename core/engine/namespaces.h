// Namespaces that outlive the processes in them: made by a short-lived child, pinned as bind-mounted nsfs
// files, so that a restart of a service leaves its network, its addresses and everybody who shares them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "specs/result.h"

namespace stack::engine {

// Host uids (and gids) [base, base + count) stand for 0 to count-1 inside.
struct IdRange {
  std::uint32_t base = 0;
  std::uint32_t count = 65536;
};

struct PinPaths {  // empty: not wanted
  std::string net, ipc, uts;
  std::string hostname, domainname;  // set in the new uts namespace
  std::uint64_t shm_size = 0;        // bytes of the /dev/shm that goes with a new ipc namespace, 0: 64 MiB
};
struct SandboxRequest {
  std::string user;  // where the owning user namespace is pinned; "" is the host's
  IdRange range;     // mapped in it, where it is not there yet
  PinPaths paths;
};
// Makes the wanted namespaces, in a child that ends when they are pinned; those that are pinned already are
// kept. Loopback is up in a new network namespace.
Result<void> make_sandbox(const SandboxRequest& request);

Result<void> unpin(const std::string& path);            // umount and unlink; already gone is no error
[[nodiscard]] bool is_pinned(const std::string& path);  // an nsfs is mounted there

// "PINS/web.ipc" -> "PINS/web.shm", the tmpfs of /dev/shm that goes with it.
std::string shared_memory_of(const std::string& ipc);

// Takes off what is mounted over that which has this mark, or in its place.
Result<void> uncover(const std::string& path, const std::string& mark);
// Pins that went while others live in what they pinned (repin.cpp). What is mounted at a pin, as long as that
// is anywhere: "device:inode" of its root. "" where nothing is mounted.
std::string pin_mark(const std::string& path);
// Puts back at `path` what has this mark, where the process `pid` has it as its /dev/shm, or as its namespace
// of `kind` ("net", "ipc", "uts"): else false. What else is mounted there is taken off.
Result<bool> repin_shared_memory(const std::string& path, const std::string& mark, pid_t pid);
Result<bool> repin(const std::string& path, const std::string& mark, pid_t pid, const std::string& kind);
// The user namespace that owns the namespace which is pinned at `owned`.
Result<bool> repin_user(const std::string& path, const std::string& mark, const std::string& owned);

}  // namespace stack::engine
