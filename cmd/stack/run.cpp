// `stack run SERVICE [CMD…]`: what follows the service belongs to the command, options too.
#include <unistd.h>

#include "cmd/stack/down.h"
#include "cmd/stack/output.h"
#include "cmd/stack/prepare.h"
#include "cmd/stack/project.h"
#include "cmd/stack/run_options.h"
#include "cmd/stack/run_session.h"
#include "cmd/stack/services.h"
#include "cmd/stack/verb.h"
#include "core/reconcile/storage_lock.h"
#include "core/sys/random_id.h"
#include "specs/canonical.h"
#include "specs/effective.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  RunWords words;
  bool detach = false, remove = false, remove_orphans = false, build = false;
  bool no_tty = false, interactive = true;
  bool quiet = false, quiet_pull = false, quiet_build = false;
  std::string pull;
};

// The file with the one-off in it, as a service of its own.
struct Project {
  StackSpec spec;
  std::map<std::string, std::string> environment;
  std::string one_off, id;
};

Result<Project> project_with(const std::string& service, const RunWords& words, const Globals& globals) {
  ReadProject read = TRY(load_project(globals, {service}));
  TRY(check_services(read.spec, {service}));
  OneOffOptions options =
      TRY(one_off_options(read.spec, words, {TRY(load_options(globals)).directory, read.environment}));
  options.id = TRY(random_id());
  ServiceSpec one = TRY(one_off_of(read.spec, service, options));
  Project project{std::move(read.spec), std::move(read.environment), one.name, options.id};
  project.spec.services[project.one_off] = std::move(one);
  return project;
}

PrepareOptions preparation_of(const Project& project, const Options& options) {
  PrepareOptions preparation;
  preparation.build = options.build;
  preparation.pull = pull_of(options.pull);
  // --no-deps has taken its dependencies from it.
  preparation.services = with_dependencies(project.spec, {project.one_off});
  preparation.environment = project.environment;
  return preparation;
}

Result<Prepared> prepare(Project& project, const Options& options) {
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP}));
  const bool quiet = options.quiet || options.quiet_pull || options.quiet_build;
  Progress progress(quiet ? Telling::quiet : Telling::shown);
  const PrepareOptions preparation = preparation_of(project, options);
  return prepare(std::move(project.spec), preparation, progress, interrupts);
}

json request_of(const Project& project, const Prepared& prepared, const Options& options) {
  return {{"verb", "run"},
          {"name", project.one_off},
          {"id", project.id},
          {"spec", to_wire(prepared.spec)},
          {"contents", prepared.contents},
          {"remove", options.remove},
          {"detach", options.detach},
          {"remove_orphans", options.remove_orphans}};
}

Result<int> live_through(RunSession& session, const Options& options) {
  if (options.detach) return session.detached();
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  if (terminal && options.interactive && !options.no_tty) return session.with_terminal();
  return session.with_pipes(options.interactive ? Input::passed_on : Input::none);
}

Result<int> run(Options options, std::vector<std::string> line, const Globals& globals) {
  if (!line.empty() && line.front().starts_with("-"))
    return fault("unknown option \"" + line.front() + "\": see \"stack help run\"");
  if (line.empty()) return fault("\"stack run\" wants a service");
  options.words.command.assign(line.begin() + 1, line.end());
  Project project = TRY(project_with(line.front(), options.words, globals));
  UniqueFd storage = TRY(share_storage());  // until the record says what the one-off needs
  const Result<Prepared> prepared = prepare(project, options);
  if (!prepared) return exit_code_of(prepared.error());
  const std::string name = prepared->spec.name;
  Progress progress(options.quiet ? Telling::quiet : Telling::shown);
  RunSession session =
      TRY(RunSession::make(name, request_of(project, *prepared, options), progress, std::move(storage)));
  auto code = live_through(session, options);
  progress.finish();
  if (!session.was_accepted()) end_if_empty(name, progress);
  return code;
}

void define_container(CLI::App& command, RunWords& words) {
  add_repeatable(command, "-e,--env", words.environment, "A variable: NAME=VALUE, or NAME as it is here");
  add_repeatable(command, "--env-from-file", words.env_files, "Variables from a file; -e has the last word");
  command.add_option("-u,--user", words.user, "As this user of the container");
  command.add_option("-w,--workdir", words.working_dir, "In this folder of the container");
  add_repeatable(command, "-v,--volume", words.volumes,
                 "SOURCE:TARGET[:OPTIONS], a folder of the host or a volume of the file");
  add_repeatable(command, "-p,--publish", words.ports, "Publish a port: [IP:][HOST:]CONTAINER[/PROTOCOL]");
  command.add_flag("-P,--service-ports", words.service_ports, "Publish the ports that the service publishes");
  command.add_option("--entrypoint", words.entrypoint, "Instead of the service's entrypoint and command");
  command.add_option("--name", words.name, "The container's name");
  command.add_flag("--no-deps", words.no_deps, "Not the services that it depends on");
  command.add_flag("--use-aliases", words.use_aliases, "It answers to the service's names on its networks");
  add_repeatable(command, "--cap-add", words.cap_add, "A capability more");
  add_repeatable(command, "--cap-drop", words.cap_drop, "A capability less");
  add_repeatable(command, "-l,--label", words.labels, "A label: NAME=VALUE");
}

}  // namespace

Run define_run(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.fallthrough(false);
  command.prefix_command();
  command.add_flag("-d,--detach", options->detach, "Return when it is started, and print its id");
  command.add_flag("--rm", options->remove, "Nothing is left of it when it has ended");
  define_container(command, options->words);
  command.add_flag("-T,--no-TTY", options->no_tty, "No terminal, though there is one");
  command.add_flag("-i,--interactive", options->interactive,
                   "Standard input goes to the command (so it does; --interactive=false: it has none)");
  command.add_flag("--build", options->build, "Build the images first of what has \"build\"");
  command.add_option("--pull", options->pull, "When to pull images, whatever the file says")
      ->check(CLI::IsMember({"always", "missing", "never", "policy"}));
  command.add_flag("-q,--quiet", options->quiet, "Not a word of what is done before it runs");
  command.add_flag("--quiet-pull", options->quiet_pull, "Not a word of pulling");
  command.add_flag("--quiet-build", options->quiet_build, "Not a word of building");
  command.add_flag("--remove-orphans", options->remove_orphans, "Remove one-offs that have ended");
  command.footer("SERVICE [CMD...] follow the options");
  return [options, &command, &globals] { return run(*options, command.remaining(), globals); };
}

}  // namespace stack::cmd
