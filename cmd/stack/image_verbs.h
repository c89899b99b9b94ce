// The verbs of the group `image` that are none by themselves.
#pragma once

#include "cmd/stack/verb.h"

namespace stack::cmd {

Run define_image_ls(CLI::App& command, const Globals& globals);
Run define_image_prune(CLI::App& command, const Globals& globals);
Run define_image_inspect(CLI::App& command, const Globals& globals);
Run define_image_tag(CLI::App& command, const Globals& globals);

}  // namespace stack::cmd
