#include "cmd/stack/prepare.h"

#include <algorithm>
#include <utility>

#include "cmd/stack/builds.h"
#include "cmd/stack/file_sources.h"
#include "cmd/stack/image_configs.h"
#include "cmd/stack/pulls.h"
#include "cmd/stack/stack_volumes.h"
#include "cmd/stack/wanted_images.h"
#include "specs/effective.h"
#include "specs/image_reference.h"
#include "specs/replicas.h"

namespace stack::cmd {
namespace {

bool is_built(const ServiceSpec& service, const PrepareOptions& options, const Store& store) {
  if (!service.build) return false;
  if (options.build || service.pull_policy.kind == PullPolicy::Kind::build) return true;
  return !store.resolve(service.image, service.platform).ok();
}

Result<void> build_missing(const StackSpec& spec, const PrepareOptions& options, Progress& progress,
                           Interrupts& interrupts) {
  const Store store;
  std::set<std::string> services;
  for (const auto& [name, service] : spec.services)
    if ((options.services.empty() || options.services.contains(name)) && is_built(service, options, store))
      services.insert(name);
  if (services.empty()) return {};
  BuildOptions build;
  build.quiet = options.quiet_build;
  return build_all(spec, services, build, progress, interrupts);
}

enum class Whose { chosen, others };

WantedImages images_of(const StackSpec& spec, const PrepareOptions& options, Whose whose) {
  WantedImages wanted;
  for (const auto& [name, service] : spec.services) {
    const bool chosen = options.services.empty() || options.services.contains(name);
    if (chosen == (whose == Whose::chosen)) add_wanted(wanted, service);
  }
  // What is built is here by now.
  for (auto& [image, job] : wanted)
    if (options.pull && job.policy.kind != PullPolicy::Kind::build) job.policy.kind = *options.pull;
  return wanted;
}

// What of them the store has. Gives the services of the others.
std::set<std::string> look_up(const WantedImages& wanted, ImagesHere& here) {
  const Store store;
  std::set<std::string> missing;
  for (const auto& [image, job] : wanted) {
    auto resolved = store.resolve(image.first, image.second);
    if (resolved)
      here[image] = *std::move(resolved);
    else
      missing.insert(job.services.begin(), job.services.end());
  }
  return missing;
}

Result<ImagesHere> bring_images(const StackSpec& spec, const PrepareOptions& options, Progress& progress,
                                Interrupts& interrupts) {
  ImagesHere here;
  // Who is not asked for is not pulled; what is here serves.
  look_up(images_of(spec, options, Whose::others), here);
  const WantedImages wanted = images_of(spec, options, Whose::chosen);
  if (wanted.empty()) return here;
  std::vector<PullJob> jobs;
  for (const auto& [key, job] : wanted) jobs.push_back(job);
  std::vector<PulledImage> images = TRY(pull_all(jobs, progress, interrupts));
  auto image = images.begin();
  for (const auto& [key, job] : wanted) {
    here[key] = {std::move(image->image), std::move(image->config)};
    ++image;
  }
  return here;
}

std::string place_of(const ServiceSpec& service, const std::string& key) {
  const auto it = service.positions.find(key);
  if (it == service.positions.end()) return "";
  return it->second.file + ":" + std::to_string(it->second.line) + ":" + std::to_string(it->second.column) +
         ": ";
}

// What could be checked only now that the images' configs are known.
Result<void> check_with_images(const StackSpec& spec, const PrepareOptions& options) {
  std::string faults;
  const auto add = [&](const std::string& words) { faults += (faults.empty() ? "" : "\n") + words; };
  for (const auto& [name, service] : spec.services) {
    if (!options.services.empty() && !options.services.contains(name)) continue;
    if (argv_of(service).empty())
      add(place_of(service, "image") + "service \"" + name + "\" has no command, and its image none either");
    for (const auto& [on, dependency] : service.depends_on) {
      const auto other = spec.services.find(on);
      if (dependency.condition != DependsCondition::service_healthy || other == spec.services.end()) continue;
      if (active_check(other->second) == nullptr)
        add(place_of(service, "depends_on") + "service \"" + name + "\" waits for \"" + on +
            "\" to be healthy, which has no healthcheck in the file nor in its image");
    }
  }
  if (!faults.empty()) return fault(faults);
  return {};
}

}  // namespace

std::optional<PullPolicy::Kind> pull_of(const std::string& word) {
  if (word == "always") return PullPolicy::Kind::always;
  if (word == "missing") return PullPolicy::Kind::missing;
  if (word == "never") return PullPolicy::Kind::never;
  return std::nullopt;
}

Result<Prepared> prepare(StackSpec spec, const PrepareOptions& options, Progress& progress,
                         Interrupts& interrupts) {
  Prepared prepared;
  // The cheap and the certain first: a secret that is not there is told before an image is pulled.
  prepared.contents = TRY(read_file_sources(spec, options.environment));
  TRY(build_missing(spec, options, progress, interrupts));
  const ImagesHere here = TRY(bring_images(spec, options, progress, interrupts));
  TRY(apply_images(spec, here));
  TRY(check_with_images(spec, options));
  prepared.spec = with_replicas(std::move(spec));
  TRY(make_volumes(prepared.spec,
                   containers_of(prepared.spec, {options.services.begin(), options.services.end()}),
                   progress));
  return prepared;
}

Result<Preview> preview(StackSpec spec, const std::map<std::string, std::string>& environment) {
  Preview preview;
  preview.prepared.contents = TRY(read_file_sources(spec, environment));
  ImagesHere here;
  preview.missing = look_up(images_of(spec, {}, Whose::chosen), here);
  TRY(apply_images(spec, here));
  std::erase_if(preview.missing,
                [&](const std::string& name) { return replicas_of(spec.services.at(name)) == 0; });
  preview.prepared.spec = with_replicas(std::move(spec));
  return preview;
}

}  // namespace stack::cmd
