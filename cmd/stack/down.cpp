#include "cmd/stack/down.h"

#include <unistd.h>

#include "cmd/stack/lifecycle.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "core/control/paths.h"
#include "core/sys/files.h"

namespace stack::cmd {
namespace {

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

Run define_down(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<LifecycleOptions>();
  add_timeout(command, options->timeout);
  // All that bears the stack's name goes anyway, in the file or not; accepted because people type it.
  auto orphans = std::make_shared<bool>(true);
  command.add_flag("--remove-orphans", *orphans,
                   "Containers of services that left the file go too (always so)");
  return [options, orphans, &globals]() -> Result<int> {
    const std::string project = TRY(name_of_project(globals));
    Progress progress;
    TRY(take_down(project, Files::remove, options->timeout, progress, nullptr));
    return 0;
  };
}

}  // namespace stack::cmd
