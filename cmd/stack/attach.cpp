// `stack attach`: a service's output as it comes, and the user's keys and signals to it.
#include "cmd/stack/attach_session.h"
#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/project.h"
#include "cmd/stack/verb.h"

namespace stack::cmd {
namespace {

struct Options {
  AttachOptions shared;
  std::string service;
  int index = 0;
};

Result<int> attach(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  const auto container = TRY(container_at(project, options.service, options.index));
  AttachSession session = TRY(AttachSession::begin(project, container.value("key", ""), options.shared));
  return session.run();
}

}  // namespace

Run define_attach(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("--detach-keys", options->shared.detach_keys,
                     "Keys that leave a service with a terminal running: ctrl-p,ctrl-q");
  add_index(command, options->index);
  command.add_flag("--no-stdin", options->shared.no_stdin, "Nothing goes to the service's input");
  command.add_flag("--sig-proxy", options->shared.sig_proxy,
                   "Signals go to the service (unless --sig-proxy=false)");
  command.add_option("SERVICE", options->service, "The service")->required();
  command.footer("Input is taken by services with stdin_open: true; the exit code is the service's");
  return [options, &globals] { return attach(*options, globals); };
}

}  // namespace stack::cmd
