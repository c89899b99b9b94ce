// `stack exec SERVICE CMD…`: what follows the service belongs to the command, options too.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/exec_session.h"
#include "cmd/stack/project.h"
#include "cmd/stack/verb.h"
#include "specs/replicas.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  bool no_tty = false;
  bool interactive = true;
  std::vector<std::string> environment;
  std::string user;
  std::string working_dir;
  int index = 0;
};

// `-e NAME` alone passes on the value that the caller has.
std::vector<std::string> environment_of(const Options& options, bool tty) {
  std::vector<std::string> variables;
  const char* term = std::getenv("TERM");
  if (tty && term != nullptr) variables.push_back(std::string("TERM=") + term);
  for (const std::string& variable : options.environment) {
    const char* own = variable.find('=') == std::string::npos ? std::getenv(variable.c_str()) : nullptr;
    if (variable.find('=') != std::string::npos) variables.push_back(variable);
    if (own != nullptr) variables.push_back(variable + "=" + own);
  }
  return variables;
}

Result<int> exec(const Options& options, const std::vector<std::string>& words, const Globals& globals) {
  if (!words.empty() && words.front().starts_with("-"))
    return fault("unknown option \"" + words.front() + "\": see \"stack help exec\"");
  if (words.size() < 2) return fault("\"stack exec\" wants a service and a command");
  const std::string project = TRY(name_of_project(globals));
  const bool tty = !options.no_tty && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  const json request{{"verb", "exec"},
                     {"service", replica_name(words.front(), std::max(1, options.index))},
                     {"argv", std::vector<std::string>(words.begin() + 1, words.end())},
                     {"env", environment_of(options, tty)},
                     {"user", options.user},
                     {"working_dir", options.working_dir}};
  auto session = ExecSession::connect(project);
  if (!session && control::is_absent(session.error())) return not_running(project);
  if (!session) return session.error();
  return tty ? session->run_with_pty(request) : session->run_with_pipes(request);
}

}  // namespace

Run define_exec(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.fallthrough(false);
  command.prefix_command();
  command.add_flag("-T,--no-TTY", options->no_tty, "No terminal, though there is one");
  command.add_flag("-i,--interactive", options->interactive,
                   "Standard input goes to the command (always so)");
  add_repeatable(command, "-e,--env", options->environment,
                 "A variable for the command: NAME=VALUE, or NAME as it is here");
  command.add_option("-u,--user", options->user, "As this user of the container");
  command.add_option("-w,--workdir", options->working_dir, "In this folder of the container");
  add_index(command, options->index);
  command.footer("SERVICE CMD... follow the options");
  return [options, &command, &globals] { return exec(*options, command.remaining(), globals); };
}

}  // namespace stack::cmd
