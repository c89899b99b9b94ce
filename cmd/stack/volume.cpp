// `stack volume`: the volumes of this host.
#include "cmd/stack/verb.h"
#include "cmd/stack/volume_verbs.h"

namespace stack::cmd {

Run define_volume(CLI::App& command, const Globals& globals) {
  return define_group(command, globals,
                      {{"ls", "Show the volumes of this host", define_volume_ls},
                       {"create", "Make a volume", define_volume_create},
                       {"inspect", "Show all that is known of volumes", define_volume_inspect},
                       {"rm", "Remove volumes and what is in them", define_volume_rm},
                       {"prune", "Remove volumes that no stack uses", define_volume_prune}});
}

}  // namespace stack::cmd
