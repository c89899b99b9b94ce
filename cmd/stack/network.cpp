// `stack network`: the networks of this host's stacks. They come with `up` and go with `down`.
#include "cmd/stack/network_verbs.h"
#include "cmd/stack/verb.h"

namespace stack::cmd {

Run define_network(CLI::App& command, const Globals& globals) {
  return define_group(command, globals,
                      {{"ls", "Show the networks of this host's stacks", define_network_ls},
                       {"inspect", "Show all that is known of networks", define_network_inspect}});
}

}  // namespace stack::cmd
