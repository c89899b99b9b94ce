// Which stacks there are on this host.
#pragma once

#include <string>
#include <vector>

namespace stack::cmd {

// The names of those that have a control socket, in order; it may be that nobody answers there.
std::vector<std::string> running_stacks();

}  // namespace stack::cmd
