#include "cmd/stack/lifecycle.h"

namespace stack::cmd {

Run define_pause(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<LifecycleOptions>();
  add_services(command, options->services);
  command.footer("Their processes are held still where they are, until `stack unpause` or their end");
  return [options, &globals] { return command_services("pause", *options, globals); };
}

}  // namespace stack::cmd
