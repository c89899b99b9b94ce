// Descriptors that come with a message of a Unix socket (SCM_RIGHTS, unix(7)).
#pragma once

#include <sys/socket.h>

#include <vector>

#include "core/sys/unique_fd.h"

namespace stack {

// Owns every descriptor that `message`, as recvmsg(2) filled it, has brought, wanted or not: one left over
// would leak.
void take_descriptors(msghdr& message, std::vector<UniqueFd>& fds);

}  // namespace stack
