#include "cmd/stack/lifecycle.h"

namespace stack::cmd {

Run define_restart(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<LifecycleOptions>();
  add_timeout(command, options->timeout);
  add_services(command, options->services);
  return [options, &globals] { return command_services("restart", *options, globals); };
}

}  // namespace stack::cmd
