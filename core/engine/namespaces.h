// Namespaces that outlive the processes in them: made by a short-lived child, pinned as bind-mounted nsfs
// files, so that a restart of a service leaves its network, its addresses and everybody who shares them.
#pragma once

#include <cstdint>
#include <memory>
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

struct PinPaths {  // empty: not wanted
  std::string net, ipc, uts;
  std::string hostname, domainname;  // set in the new uts namespace
};
// The wanted namespaces on their way: made by a child, owned by the user namespace pinned at `user` ("" is
// the host's), which is made with `range` mapped where it is not pinned yet, and pinned by finish(). Those
// that are pinned already are kept. Loopback is up in a new network namespace. In two steps, so that one
// sandbox is begun while another is in the making; not two that share a user namespace which is not there
// yet.
class PendingSandbox {
 public:
  static Result<PendingSandbox> begin(const std::string& user, const IdRange& range, const PinPaths& paths);
  PendingSandbox(PendingSandbox&&) noexcept;
  PendingSandbox& operator=(PendingSandbox&&) = delete;
  ~PendingSandbox();
  Result<void> finish();

 private:
  struct State;
  explicit PendingSandbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;  // empty: all of it was there already
};

Result<void> unpin(const std::string& path);            // umount and unlink; already gone is no error
[[nodiscard]] bool is_pinned(const std::string& path);  // an nsfs is mounted there

}  // namespace stack::engine
