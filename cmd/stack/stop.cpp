#include "cmd/stack/lifecycle.h"

namespace stack::cmd {

Run define_stop(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<LifecycleOptions>();
  add_timeout(command, options->timeout);
  add_services(command, options->services);
  return [options, &globals] { return command_services("stop", *options, globals); };
}

}  // namespace stack::cmd
