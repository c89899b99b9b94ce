// `stack pull`: the images of services, as Docker Compose does it, and single images.
#include <algorithm>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/stack/faults.h"
#include "cmd/stack/image_names.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/pulls.h"
#include "cmd/stack/services.h"
#include "cmd/stack/verb.h"
#include "cmd/stack/wanted_images.h"
#include "specs/diagnostics.h"
#include "specs/image_reference.h"
#include "specs/load.h"

namespace stack::cmd {
namespace {

struct Options {
  bool quiet = false;
  bool ignore_failures = false;
  bool ignore_buildable = false;
  bool include_deps = false;
  std::string policy = "always";
  std::string platform;
  std::vector<std::string> names;
};

// No service is called so: its name has letters, digits, ".", "_" and "-" only.
bool names_image(const std::string& text) {
  return text.find_first_of("/:@") != std::string::npos;
}

class Jobs {
 public:
  Jobs(const Options& options, Progress& progress) : options_(options), progress_(progress) {}

  Result<void> add_image(const std::string& text) {
    const ImageRef image = TRY(image_of(text));
    if (!is_stored(image)) return fault("\"" + text + "\" is pulled from nowhere");
    add(needed_, image, options_.platform, PullPolicy{}, "");
    return {};
  }

  void add_service(const ServiceSpec& service) {
    // What comes of no registry says so, and is no error (Compose, pull.go).
    if (const char* why = why_not(service))
      progress_.show(
          {{"id", "Service " + service.name}, {"status", "done"}, {"text", "Skipped"}, {"details", why}});
    else
      add(service.build ? buildable_ : needed_, service.image, service.platform, service.pull_policy,
          service.name);
    if (service.pull_policy.kind == PullPolicy::Kind::never) return;
    for (const ImageRef& image : mounted_images(service))
      add(needed_, image, service.platform, service.pull_policy, service.name);
  }

  // Those that must come, and those that can be built where they do not.
  [[nodiscard]] const std::vector<PullJob>& needed() const { return needed_; }
  [[nodiscard]] const std::vector<PullJob>& buildable() const { return buildable_; }

 private:
  // One job for an image, however many services have it.
  void add(std::vector<PullJob>& jobs, const ImageRef& image, const std::string& platform, PullPolicy policy,
           const std::string& service) {
    auto job = std::find_if(jobs.begin(), jobs.end(), [&](const PullJob& one) {
      return one.image == image && one.platform == platform;
    });
    if (job == jobs.end()) job = jobs.insert(job, PullJob{image, platform, policy, false, {}});
    job->force = options_.policy == "always";
    if (!job->force) job->policy = PullPolicy{PullPolicy::Kind::missing};
    if (!service.empty()) job->services.push_back(service);
  }

  // Why the service's own image is not pulled; null where it is.
  [[nodiscard]] const char* why_not(const ServiceSpec& service) const {
    if (service.build && !service.positions.contains("image")) return "no image to be pulled";
    if (!is_stored(service.image)) return "no image to be pulled";
    if (service.build && options_.ignore_buildable) return "image can be built";
    if (service.pull_policy.kind == PullPolicy::Kind::never) return "pull_policy is never";
    if (service.pull_policy.kind == PullPolicy::Kind::build) return "pull_policy is build";
    return nullptr;
  }

  const Options& options_;
  Progress& progress_;
  std::vector<PullJob> needed_, buildable_;
};

// What is near no service may be meant as an image.
Error unknown(const std::string& name, const std::vector<std::string>& services) {
  Error error = no_such_service(name, services);
  if (nearest(name, services).empty())
    error.words += ": an image is given with its tag, \"" + name + ":latest\"";
  return error;
}

Result<void> collect(Jobs& jobs, const Options& options, const Globals& globals) {
  std::vector<std::string> services;
  for (const std::string& name : options.names) {
    if (names_image(name))
      TRY(jobs.add_image(name));
    else
      services.push_back(name);
  }
  if (services.empty() && !options.names.empty()) return {};
  const auto spec = load_spec(globals, services);
  if (!spec && spec.error().code == kNoStackFile && !services.empty())
    return fault(spec.error().words + "; an image is given with its tag, \"" + services.front() +
                 ":latest\"");
  if (!spec) return spec.error();
  for (const std::string& name : services)
    if (!spec->services.contains(name)) return unknown(name, names_of(*spec));
  const Dependencies dependencies = options.include_deps ? Dependencies::take : Dependencies::leave;
  for (const std::string& name : chosen_services(*spec, services, dependencies))
    jobs.add_service(spec->services.at(name));
  return {};
}

// Of what went well.
void show_notes(const std::vector<PulledImage>& images, Progress& progress) {
  for (const PulledImage& pulled : images)
    if (!pulled.note.empty())
      progress.show({{"id", "Image " + short_name(pulled.image)},
                     {"status", "warning"},
                     {"text", "Pulled"},
                     {"details", pulled.note}});
}

Result<void> run_jobs(const std::vector<PullJob>& jobs, Progress& progress, Interrupts& interrupts) {
  if (!jobs.empty()) show_notes(TRY(pull_all(jobs, progress, interrupts)), progress);
  return {};
}

std::string services_of(const std::vector<PullJob>& jobs) {
  std::string text;
  for (const PullJob& job : jobs)
    for (const std::string& service : job.services) text += " " + service;
  return text;
}

Result<void> pull_jobs(const Jobs& jobs, const Options& options, Progress& progress, Interrupts& interrupts) {
  const auto built = run_jobs(jobs.buildable(), progress, interrupts);
  if (!built && built.error().code == EINTR) return built.error();
  const auto needed = run_jobs(jobs.needed(), progress, interrupts);
  progress.finish();
  if (!built) {
    print_error(built.error().words + "\n");
    print_error("what could not be pulled is built by \"stack build" + services_of(jobs.buildable()) +
                "\"\n");
  }
  if (needed || needed.error().code == EINTR || !options.ignore_failures) return needed;
  print_error(needed.error().words + "\n");
  return {};
}

Result<int> pull_named(const Options& options, const Globals& globals) {
  Progress progress(options.quiet ? Telling::quiet : Telling::shown);
  Jobs jobs(options, progress);
  TRY(collect(jobs, options, globals));
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP}));
  const auto done = pull_jobs(jobs, options, progress, interrupts);
  return exit_code_of(done);
}

}  // namespace

Run define_pull(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("-q,--quiet", options->quiet, "Without progress");
  command
      .add_option("--policy", options->policy, "missing: only what is not here; else also what has changed")
      ->check(CLI::IsMember({"missing", "always"}));
  command.add_flag("--ignore-pull-failures", options->ignore_failures, "Go on without what cannot be pulled");
  command.add_flag("--ignore-buildable", options->ignore_buildable, "Not what can be built");
  command.add_flag("--include-deps", options->include_deps, "Of what the services depend on too");
  command.add_option("--platform", options->platform, "For an IMAGE: linux/arm64");
  command.add_option("SERVICE|IMAGE", options->names,
                     "The images of these services alone; what has \"/\", \":\" or \"@\" in it is an image, "
                     "\"redis:7\", and needs no file");
  return [options, &globals] { return pull_named(*options, globals); };
}

}  // namespace stack::cmd
