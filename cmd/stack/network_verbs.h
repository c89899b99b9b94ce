// The verbs of the group `network`.
#pragma once

#include "cmd/stack/verb.h"

namespace stack::cmd {

Run define_network_ls(CLI::App& command, const Globals& globals);
Run define_network_inspect(CLI::App& command, const Globals& globals);

}  // namespace stack::cmd
