#include "cmd/stack/lifecycle.h"

namespace stack::cmd {

Run define_unpause(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<LifecycleOptions>();
  add_services(command, options->services);
  return [options, &globals] { return command_services("unpause", *options, globals); };
}

}  // namespace stack::cmd
