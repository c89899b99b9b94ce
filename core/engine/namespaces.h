// Namespaces that outlive the processes in them: made by a short-lived child, pinned as bind-mounted nsfs
// files, so that a restart of a service leaves its network, its addresses and everybody who shares them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::engine {

// Host uids (and gids) [base, base + count) stand for 0 to count-1 inside.
struct IdRange {
  std::uint32_t base = 0;
  std::uint32_t count = 65536;
};

// Pins a new user namespace with `range` mapped at `path`. One that is pinned there already is kept.
Result<void> pin_user_namespace(const std::string& path, const IdRange& range);

struct PinPaths {  // empty: not wanted
  std::string net, ipc, uts;
  std::string hostname, domainname;  // set in the new uts namespace
};
// Makes the wanted namespaces, owned by the user namespace pinned at `user` ("" is the host's), and pins
// them. Those that are pinned already are kept. Loopback is up in a new network namespace.
Result<void> pin_namespaces(const std::string& user, const PinPaths& paths);

// Makes user, net, ipc and uts in one clone where none of them is pinned yet; else as the two above in turn.
Result<void> pin_sandbox(const std::string& user, const IdRange& range, const PinPaths& paths);

Result<void> unpin(const std::string& path);            // umount and unlink; already gone is no error
[[nodiscard]] bool is_pinned(const std::string& path);  // an nsfs is mounted there

}  // namespace stack::engine
