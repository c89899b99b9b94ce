#include "cmd/stack/down.h"

#include <unistd.h>

#include "cmd/stack/down_storage.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "core/control/paths.h"
#include "core/images/bundle.h"
#include "core/sys/files.h"

namespace stack::cmd {
namespace {

struct Options {
  LifecycleOptions shared;
  bool volumes = false;
  std::string images;
};

ImagesToRemove images_of(const std::string& word) {
  return word == "all" ? ImagesToRemove::all : word == "local" ? ImagesToRemove::local : ImagesToRemove::none;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

Result<void> take_down(const std::string& project, Files files, std::optional<double> timeout,
                       Progress& progress, Interrupts* interrupts) {
  const Paths paths(project);
  Ask request;
  request.project = project;
  request.request = {{"verb", "down"}, {"keep_files", files == Files::keep}};
  if (timeout) request.request["timeout"] = *timeout;
  request.progress = &progress;
  request.interrupts = interrupts;
  // A folder in /run without anybody who answers: keeper and reconciler were killed, and what they left is
  // taken over first.
  request.start_keeper = exists(paths.run);
  const auto answer = ask(request);
  if (!answer && !control::is_absent(answer.error())) return answer.error();
  // What an ended foreground `up` or the last boot left on the disk, where nobody is left to remove it.
  if (!answer && files == Files::remove) return remove_tree(paths.lib);
  return {};
}

void end_if_empty(const std::string& project, Progress& progress) {
  const auto status = stack_status(project);
  if (!status || !(*status)["containers"].empty()) return;
  const auto down = take_down(project, Files::keep, std::nullopt, progress, nullptr);
  if (!down) complain(down.error());
}

namespace {

Result<int> down(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  // Asked before: the intent goes with the stack.
  const StackStorage storage =
      options.volumes || !options.images.empty() ? storage_of(project, globals) : StackStorage{};
  Progress progress;
  TRY(take_down(project, Files::remove, options.shared.timeout, progress, nullptr));
  TRY(forget_bundle(kBundles, project));
  if (options.volumes) TRY(remove_volumes_of(project, storage, progress));
  TRY(remove_images_of(storage, images_of(options.images), progress));
  return 0;
}

}  // namespace

Run define_down(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  add_timeout(command, options->shared.timeout);
  command.add_flag("-v,--volumes", options->volumes,
                   "The stack's volumes too, named and anonymous, and what is in them; never external ones");
  command
      .add_option("--rmi", options->images,
                  "Its images too: \"local\" those that the file does not name, or all")
      ->check(CLI::IsMember({"local", "all"}));
  // All that bears the stack's name goes anyway, in the file or not; accepted because people type it.
  auto orphans = std::make_shared<bool>(true);
  command.add_flag("--remove-orphans", *orphans,
                   "Containers of services that left the file go too (always so)");
  return [options, orphans, &globals] { return down(*options, globals); };
}

}  // namespace stack::cmd
