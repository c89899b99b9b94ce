#include "cmd/stack/lifecycle.h"

#include "cmd/stack/project.h"
#include "cmd/stack/request.h"

namespace stack::cmd {

void add_services(CLI::App& command, std::vector<std::string>& services) {
  command.add_option("SERVICE", services, "These services alone");
}

void add_timeout(CLI::App& command, std::optional<double>& timeout) {
  command.add_option("-t,--timeout", timeout, "Seconds from the stop signal to SIGKILL")
      ->check(CLI::NonNegativeNumber);
}

Result<int> command_services(const char* verb, const LifecycleOptions& options, const Globals& globals) {
  Progress progress;
  Ask request;
  request.project = TRY(name_of_project(globals));
  request.request = {{"verb", verb}, {"services", options.services}};
  if (options.timeout) request.request["timeout"] = *options.timeout;
  if (!options.signal.empty()) request.request["signal"] = options.signal;
  request.progress = &progress;
  const auto answer = ask(request);
  if (answer) return answer->code;
  if (control::is_absent(answer.error())) return not_running(request.project);
  return answer.error();
}

}  // namespace stack::cmd
