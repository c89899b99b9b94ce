// The console of a container with a tty: a pseudoterminal of a devpts that is to be the container's own. Made
// by the parent, so that the keeper has its other end before the container writes.
#pragma once

#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::engine {

struct Terminal {
  UniqueFd mount;   // the devpts, attached nowhere yet
  UniqueFd master;  // does not block
  UniqueFd slave;
};

// `group` owns terminals (tty), `user` this one; both as the host numbers them. `label` is SELinux's, or "".
Result<Terminal> make_terminal(unsigned user, unsigned group, const std::string& label);

}  // namespace stack::engine
