// The structs of core/keeper/protocol.h on a SOCK_SEQPACKET socket, as Link and the handover send and receive
// them.
#pragma once

#include <string>
#include <vector>

#include "core/keeper/keeper_link.h"
#include "core/keeper/protocol.h"

namespace stack::keeper {

enum class Got { message, nothing, hung_up };
enum class Wait { no, yes };

// These block while the keeper is busy, which it never is for long. The error ENOTCONN means that it is dead.
Result<void> send_watch(int socket, const Watch& watch, int pidfd, int out, int err);
Result<void> send_name(int socket, wire::Kind kind, const std::string& name, pid_t pid = -1,
                       const std::vector<int>& fds = {});

// `fds` are the caller's to close.
Result<Got> receive_message(int socket, wire::AnyMessage& message, std::vector<int>& fds, Wait wait);

}  // namespace stack::keeper
