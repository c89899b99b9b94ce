#include "net/netns.h"

#include <sched.h>

#include <cstdlib>

namespace stack::net {

Result<InNetns> InNetns::enter(int netns, int home) {
  if (::setns(netns, CLONE_NEWNET) != 0) return os_error("enter network namespace");
  return InNetns(home);
}

InNetns::~InNetns() {
  // A thread that stayed in a container's namespace would from now on open every socket there. The descriptor
  // was checked when it was opened, so this does not fail; should it, no work is better than work in the
  // wrong place.
  if (home_ >= 0 && ::setns(home_, CLONE_NEWNET) != 0) std::abort();
}

}  // namespace stack::net
