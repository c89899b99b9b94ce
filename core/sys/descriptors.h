// Descriptors that are taken in and shed.
#pragma once

#include <sys/socket.h>

#include <vector>

#include "core/sys/unique_fd.h"

namespace stack {

// Those that come with a message of a Unix socket (SCM_RIGHTS, unix(7)). Owns every descriptor that
// `message`, as recvmsg(2) filled it, has brought, wanted or not: one left over would leak.
void take_descriptors(msghdr& message, std::vector<UniqueFd>& fds);

// Of the message that waits on a Unix socket of a child's, which may be a container's, the first descriptor:
// a terminal's master. Invalid where there is none; does not wait.
UniqueFd receive_descriptor(int socket);

// For a forked child: closes all but 0 to 2 and these, which the parent's other threads and connections may
// have.
void close_all_but(std::vector<int> kept);

}  // namespace stack
