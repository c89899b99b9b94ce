// `stack up`: the file is read and checked here, and handed to the reconciler, which is started where there
// is none.
#include "cmd/stack/up.h"

#include <cerrno>

#include "cmd/stack/bundle_open.h"
#include "cmd/stack/down.h"
#include "cmd/stack/interrupts.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/output.h"
#include "cmd/stack/plan.h"
#include "cmd/stack/prepare.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "cmd/stack/services.h"
#include "core/reconcile/storage_lock.h"
#include "specs/canonical.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  UpOptions shared;
  bool detach = false;
  bool abort_on_exit = false;
  bool abort_on_failure = false;
  bool no_start = false;
  bool force_recreate = false;
  bool no_deps = false;
  bool remove_orphans = false;
  bool build = false;
  bool quiet_pull = false;
  bool yes = false;  // nothing is asked anyhow
  std::string pull, verify_key;
  std::optional<double> timeout, wait_timeout;
};

json request_of(const Prepared& prepared, const Options& options) {
  json request{{"verb", "up"},
               {"spec", to_wire(prepared.spec)},
               {"contents", prepared.contents},
               {"services", options.shared.services},
               {"wait", options.shared.wait},
               {"force_recreate", options.force_recreate},
               {"no_deps", options.no_deps},
               {"remove_orphans", options.remove_orphans}};
  if (options.no_start) request["no_start"] = true;
  if (options.timeout) request["timeout"] = *options.timeout;
  return request;
}

Result<void> check(const StackSpec& spec, const Options& options) {
  TRY(check_services(spec, options.shared.services));
  if (!options.shared.exit_code_from.empty()) TRY(check_services(spec, {options.shared.exit_code_from}));
  if ((options.detach || options.no_start || options.shared.wait) && options.shared.abort != Abort::never)
    return fault(
        "to end with a container, `up` must stay in the foreground: leave out -d, --wait and --no-start");
  if (spec.services.empty()) return fault("the file has no services");
  return {};
}

Result<int> detached(Ask request, Interrupts& interrupts, Progress& progress) {
  request.interrupts = &interrupts;
  const auto answer = ask(request);
  progress.finish();
  if (answer) return answer->code;
  if (answer.error().code == EINTR) {
    print_error(
        "stack: interrupted; \"" + request.project +
        "\" goes on being brought up in the background: see \"stack ps\", or end it with \"stack down\"\n");
    return 130;
  }
  if (answer.error().code == 0) end_if_empty(request.project, progress);
  return answer.error();
}

PrepareOptions preparation_of(const StackSpec& spec, const Options& options) {
  PrepareOptions preparation;
  preparation.build = options.build;
  preparation.pull = pull_of(options.pull);
  preparation.services = chosen_services(spec, options.shared.services,
                                         options.no_deps ? Dependencies::leave : Dependencies::take);
  return preparation;
}

// Opened before anything is made: what changes while images are built counts.
Result<SourceWatch> watch_sources(const StackSpec& file, const std::vector<std::string>& services,
                                  const std::map<std::string, std::string>& environment) {
  RebuildOptions rebuild;
  rebuild.environment = environment;
  return SourceWatch::open(file, chosen_services(file, services, Dependencies::take), std::move(rebuild));
}

Result<int> dry_run(const Options& options, const Globals& globals) {
  if (options.build || options.force_recreate || !options.pull.empty() || !options.verify_key.empty())
    return fault(
        "--dry-run tells what `up` alone would do: leave out --build, --force-recreate, --pull and "
        "--verify-key");
  TRY(show_plan(options.shared.services, "text", globals));
  return 0;
}

Result<int> up(Options options, const Globals& globals) {
  if (globals.dry_run) return dry_run(options, globals);
  // What is to come of a service's exit code waits for its exit (docker compose up --help).
  if (options.abort_on_exit || !options.shared.exit_code_from.empty()) options.shared.abort = Abort::on_exit;
  if (options.abort_on_failure) options.shared.abort = Abort::on_failure;
  ReadProject project = TRY(load_for_up(options.shared.services, options.verify_key, globals));
  StackSpec file = std::move(project.spec);
  TRY(scale(file, options.shared.scale));
  TRY(check(file, options));
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP}));
  Progress progress;
  const StackSpec as_written = options.shared.watch ? file : StackSpec();
  std::optional<SourceWatch> sources;
  if (options.shared.watch)
    sources = TRY(watch_sources(as_written, options.shared.services, project.environment));
  PrepareOptions preparation = preparation_of(file, options);
  UniqueFd storage = TRY(share_storage());  // until the intent says what the stack needs
  preparation.environment = std::move(project.environment);
  Progress of_images(options.quiet_pull ? Telling::quiet : Telling::shown);
  const Result<Prepared> prepared = prepare(std::move(file), preparation, of_images, interrupts);
  of_images.finish();
  if (!prepared) return exit_code_of(prepared.error());
  const StackSpec& spec = prepared->spec;
  Ask request;
  request.project = spec.name;
  request.request = request_of(*prepared, options);
  request.start_keeper = true;
  request.progress = &progress;
  if (options.wait_timeout)
    request.deadline =
        std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                               std::chrono::duration<double>(*options.wait_timeout));
  if (options.detach || options.no_start || options.shared.wait)
    return detached(std::move(request), interrupts, progress);
  Foreground foreground(spec, options.shared, interrupts, progress, sources ? &*sources : nullptr);
  auto code = foreground.run(request, std::move(storage));
  if (!code && code.error().code == 0) end_if_empty(spec.name, progress);
  return code;
}

// What `up` and `create` have in common.
void define_making(CLI::App& command, Options& options) {
  command.add_flag("--force-recreate", options.force_recreate, "Make containers anew though nothing changed");
  command.add_flag("--remove-orphans", options.remove_orphans,
                   "Remove containers of services that left the file, and one-offs that have ended");
  command.add_flag("--build", options.build, "Build the images of services that have \"build\" first");
  command.add_option("--pull", options.pull, "When to pull images, whatever the file says")
      ->check(CLI::IsMember({"always", "missing", "never", "policy"}));
  command.add_flag("--quiet-pull", options.quiet_pull, "Nothing is shown of how images come");
  command.add_flag("-y,--yes", options.yes, "Nothing is asked (always so)");
  refuse_option(command, "--no-recreate", Takes::nothing,
                "what the file says is what there is: see what would change with `stack plan`");
  refuse_option(command, "--no-build", Takes::nothing,
                "not supported yet: a service with an image that is here is not built");
  add_repeatable(command, "--scale", options.shared.scale,
                 "SERVICE=N: so many containers, whatever the file says");
  add_services(command, options.shared.services);
}

}  // namespace

// `up --no-start` by another name.
Run define_create(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  options->no_start = true;
  define_making(command, *options);
  return [options, &globals] { return up(*options, globals); };
}

// `up -d` of the named services alone.
Run define_scale(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  options->detach = true;
  command.add_flag("--no-deps", options->no_deps, "Not the services that they depend on");
  command.add_option("SERVICE=N", options->shared.scale, "So many containers of the service")->required();
  command.footer("The next `stack up` has as many again as the file says");
  return [options, &globals] {
    for (const std::string& word : options->shared.scale)
      options->shared.services.push_back(word.substr(0, word.find('=')));
    return up(*options, globals);
  };
}

Run define_up(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("-d,--detach", options->detach, "Return when all services are started; they run on");
  command.add_flag("--wait", options->shared.wait,
                   "Return when all services are running and healthy; they run on");
  command.add_option("--wait-timeout", options->wait_timeout, "Wait at most so many seconds")
      ->check(CLI::NonNegativeNumber);
  CLI::Option* on_exit = command.add_flag("--abort-on-container-exit", options->abort_on_exit,
                                          "Stop all when any container exits");
  command
      .add_flag("--abort-on-container-failure", options->abort_on_failure,
                "Stop all when any container fails; its exit code is the command's")
      ->excludes(on_exit);
  command
      .add_option("--exit-code-from", options->shared.exit_code_from,
                  "The service whose exit code is the command's; stops all when any container exits")
      ->type_name("SERVICE");
  define_making(command, *options);
  command
      .add_flag("--no-start", options->no_start,
                "Make all but the processes, for \"stack start\"; services that run unchanged run on")
      ->excludes("--wait");
  command
      .add_flag("-w,--watch", options->shared.watch,
                "Do what \"develop.watch\" says when files of the host change")
      ->excludes("--detach")
      ->excludes("--wait")
      ->excludes("--no-start");
  command.add_flag("--no-deps", options->no_deps, "Not the services that the named ones depend on");
  command.add_option("--verify-key", options->verify_key,
                     "The stack is a bundle that must be signed by this minisign key");
  command.add_flag("--no-color", options->shared.no_color, "Logs without colour");
  command.add_flag("--no-log-prefix", options->shared.no_prefix, "Logs without names of services");
  command.add_flag("--timestamps", options->shared.timestamps, "Logs with the time of each line");
  add_timeout(command, options->timeout);
  return [options, &globals] { return up(*options, globals); };
}

}  // namespace stack::cmd
