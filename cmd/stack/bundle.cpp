// `stack bundle`: the stack and its images in one file, which `stack up FILE` runs on a machine without a
// network.
#include "core/images/bundle.h"

#include <sys/stat.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "cmd/stack/bundle_files.h"
#include "cmd/stack/format.h"
#include "cmd/stack/interrupts.h"
#include "cmd/stack/output.h"
#include "cmd/stack/progress.h"
#include "cmd/stack/project.h"
#include "cmd/stack/pulls.h"
#include "cmd/stack/verb.h"
#include "cmd/stack/wanted_images.h"
#include "core/images/platform.h"
#include "specs/image_reference.h"

namespace stack::cmd {
namespace {

struct Options {
  std::string output;
  std::vector<std::string> files;
  bool include_secrets = false;
};

Result<BundledImage> bundled(const Store& store, const PullJob& job) {
  const auto stored = TRY(store.entry(store_name(job.image), job.platform));
  if (!stored) return fault("image \"" + short_name(job.image) + "\" has just been removed");
  BundledImage image;
  image.ref = job.image;
  image.platform = canonical_platform(TRY(parse_platform(job.platform)));
  image.own_platform = !job.platform.empty();
  image.manifest = stored->manifest;
  image.served = stored->digest;
  return image;
}

Result<std::vector<BundledImage>> bring_images(const StackSpec& spec, Progress& progress,
                                               Interrupts& interrupts) {
  WantedImages wanted;
  for (const auto& [name, service] : spec.services) add_wanted(wanted, service);
  std::vector<PullJob> jobs;
  for (const auto& [image, job] : wanted) jobs.push_back(job);
  if (!jobs.empty()) TRY(pull_all(jobs, progress, interrupts));
  const Store store;
  std::vector<BundledImage> images;
  for (const PullJob& job : jobs) images.push_back(TRY(bundled(store, job)));
  return images;
}

std::string size_of(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? human_size(static_cast<std::uint64_t>(st.st_size)) : "";
}

Result<void> make(const Options& options, const Globals& globals, Progress& progress, Interrupts& interrupts,
                  std::vector<std::string>& warnings) {
  const StackSpec spec = TRY(load_spec(globals));
  const StackFiles files = TRY(stack_files(TRY(load_options(globals))));
  const SecretFiles secrets = options.include_secrets ? SecretFiles::pack : SecretFiles::leave;
  // The cheap first: a file that is not there is told before an image is pulled.
  PackedFiles packed = TRY(pack_files(spec, files, secrets));
  std::vector<BundledImage> images = TRY(bring_images(spec, progress, interrupts));
  for (BundledImage& image : images) image.below = place_of_image(image.ref, files, packed.root);
  packed.contents.manifest.images = std::move(images);
  const std::string id = "Bundle " + options.output;
  progress.show({{"id", id}, {"status", "working"}, {"text", "Writing"}, {"details", ""}});
  TRY(write_bundle(Store(), packed.contents, options.output, [&] { return interrupts.take().has_value(); }));
  progress.show({{"id", id}, {"status", "done"}, {"text", "Written"}, {"details", size_of(options.output)}});
  warnings = std::move(packed.warnings);
  for (const std::string& profile : globals.profiles)
    warnings.push_back("profile \"" + profile + "\" is asked for there as it is here: up FILE --profile " +
                       profile);
  return {};
}

Result<int> bundle(const Options& options, Globals globals) {
  globals.files.insert(globals.files.end(), options.files.begin(), options.files.end());
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP}));
  Progress progress;
  std::vector<std::string> warnings;
  const Result<void> made = make(options, globals, progress, interrupts, warnings);
  progress.finish();
  for (const std::string& warning : warnings) print_error("stack: warning: " + warning + "\n");
  return exit_code_of(made);
}

}  // namespace

Run define_bundle(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("-o,--output", options->output, "The file to write, as a rule NAME.stack")->required();
  command.add_flag("--include-secrets", options->include_secrets,
                   "With the files of secrets, which the other machine needs else");
  command.add_option("FILE", options->files, "The stack's files, as with -f");
  return [options, &globals] { return bundle(*options, globals); };
}

}  // namespace stack::cmd
