#include "cmd/stack/lifecycle.h"

namespace stack::cmd {

Run define_kill(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<LifecycleOptions>();
  options->signal = "SIGKILL";
  command.add_option("-s,--signal", options->signal, "The signal, by name or number");
  add_services(command, options->services);
  return [options, &globals] { return command_services("kill", *options, globals); };
}

}  // namespace stack::cmd
