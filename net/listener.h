// A netlink socket that hears what the kernel tells everybody of: multicast, which is never waited for and
// may be lost.
#pragma once

#include <linux/netlink.h>

#include <functional>
#include <initializer_list>
#include <memory>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::net {

class Listener {
 public:
  // In the network namespace of the calling thread, where the socket stays. A group that this kernel does not
  // have (no IPv6, say) is silent.
  static Result<Listener> open(int protocol, std::initializer_list<unsigned> groups);

  [[nodiscard]] int fd() const { return socket_.get(); }

  enum class Heard { all, not_all };
  // Visits what has come, without waiting. not_all: there was more than the socket's buffer holds, or more
  // comes than is to be read in one turn, so that only a look at the kernel tells what is.
  Result<Heard> drain(const std::function<void(const nlmsghdr*)>& visit);

 private:
  explicit Listener(UniqueFd socket);
  UniqueFd socket_;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace stack::net
