// The verbs of the group `volume`.
#pragma once

#include "cmd/stack/verb.h"

namespace stack::cmd {

Run define_volume_ls(CLI::App& command, const Globals& globals);
Run define_volume_create(CLI::App& command, const Globals& globals);
Run define_volume_inspect(CLI::App& command, const Globals& globals);
Run define_volume_rm(CLI::App& command, const Globals& globals);
Run define_volume_prune(CLI::App& command, const Globals& globals);

}  // namespace stack::cmd
