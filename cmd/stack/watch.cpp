// `stack watch`: files of the host are watched as `develop.watch` says, until Ctrl-C; the stack runs on.
#include <poll.h>

#include <cerrno>

#include "cmd/stack/bring_up.h"
#include "cmd/stack/container_watch.h"
#include "cmd/stack/down.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/services.h"
#include "cmd/stack/source_watch.h"

namespace stack::cmd {
namespace {

constexpr int kInterrupted = 130;

struct Options {
  bool no_up = false;
  bool quiet = false;
  bool prune = true;
  std::vector<std::string> services;
};

// As Compose: what is to be watched is built whether its image is here or not.
void build_watched(StackSpec& spec) {
  for (auto& [name, service] : spec.services)
    if (service.build && !service.develop.empty()) service.pull_policy.kind = PullPolicy::Kind::build;
}

Result<void> begin(StackSpec spec, const Options& options, const RebuildOptions& rebuild, Progress& progress,
                   Interrupts& interrupts) {
  build_watched(spec);
  BringUpOptions making;
  making.preparation.services = chosen_services(spec, options.services, Dependencies::take);
  making.preparation.quiet_build = options.quiet;
  making.preparation.environment = rebuild.environment;
  making.services = options.services;
  making.start_keeper = true;
  auto done = bring_up(spec, making, progress, interrupts);
  progress.finish();
  if (!done && done.error().code == 0) end_if_empty(spec.name, progress);
  return done;
}

Result<int> attend(const std::string& project, SourceWatch& sources, Progress& progress,
                   Interrupts& interrupts) {
  ContainerWatch containers(project, [&](const nlohmann::json& container) { sources.note(container); });
  if (!TRY(containers.connect())) return not_running(project);
  print("Watch enabled\n");
  for (;;) {
    const auto stepped = sources.step(progress, interrupts);
    if (!stepped && stepped.error().code == EINTR) return kInterrupted;
    if (!stepped) return stepped.error();
    pollfd waits[3] = {{interrupts.fd(), POLLIN, 0}, {containers.fd(), POLLIN, 0}, {sources.fd(), POLLIN, 0}};
    if (::poll(waits, 3, sources.timeout_ms()) < 0 && errno != EINTR) return os_error("wait for changes");
    if (interrupts.take()) return kInterrupted;
    if (waits[1].revents != 0) TRY(containers.take());
    if (!TRY(containers.connect())) return fault("stack \"" + project + "\" was taken down");
  }
}

Result<int> watch(const Options& options, const Globals& globals) {
  ReadProject project = TRY(load_project(globals, options.services));
  const StackSpec& spec = project.spec;
  TRY(check_services(spec, options.services));
  const RebuildOptions rebuild{std::move(project.environment), options.quiet, options.prune};
  // Before anything is made: what changes while images are built counts.
  SourceWatch sources =
      TRY(SourceWatch::open(spec, chosen_services(spec, options.services, Dependencies::take), rebuild));
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP}));
  Progress progress;
  if (!options.no_up) {
    const auto begun = begin(spec, options, rebuild, progress, interrupts);
    if (!begun) return exit_code_of(begun);
  }
  auto code = attend(spec.name, sources, progress, interrupts);
  if (code && *code == kInterrupted) print("Watch disabled\n");
  return code;
}

}  // namespace

Run define_watch(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("--no-up", options->no_up, "The services are not built and started first");
  command.add_flag("--quiet", options->quiet, "What a build says only where it fails");
  command.add_flag("--prune", options->prune,
                   "Remove the image that a rebuild has replaced (unless --prune=false)");
  add_services(command, options->services);
  return [options, &globals] { return watch(*options, globals); };
}

}  // namespace stack::cmd
