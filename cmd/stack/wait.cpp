// `stack wait SERVICE...`: until the containers end, each with its exit code. What has ended already is told
// at once, so that nobody has to be quicker than a job.
#include <poll.h>

#include <cerrno>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/container_watch.h"
#include "cmd/stack/down.h"
#include "cmd/stack/ended_runs.h"
#include "cmd/stack/output.h"
#include "cmd/stack/progress.h"
#include "cmd/stack/project.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

constexpr int kUnknownCode = 255;  // as `stack exec` has it

struct Options {
  std::vector<std::string> services;
  bool down_project = false;
};

void tell(const EndedRuns::End& end) {
  print("container \"" + end.id + "\" exited with " +
        (end.code ? "status code " + std::to_string(*end.code) : "an unknown status code") + "\n");
}

Result<int> wait(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  EndedRuns runs;
  for (const json& container : TRY(containers_of(project, options.services))) {
    if (container.value("state", "") == "absent")
      return fault("service \"" + container.value("service", "") + "\" has no container");
    runs.expect(container);
  }
  ContainerWatch watch(project, [&runs](const json& container) {
    if (const auto end = runs.note(container)) tell(*end);
  });
  const auto over = [&] { return runs.all_ended() || (options.down_project && runs.first()); };
  while (!over()) {
    if (!TRY(watch.connect())) return fault("stack \"" + project + "\" was taken down meanwhile");
    if (over()) break;  // by what is so already, of which no word will come
    pollfd ready{watch.fd(), POLLIN, 0};
    if (::poll(&ready, 1, -1) < 0 && errno != EINTR) return os_error("wait for the containers");
    if (ready.revents != 0) TRY(watch.take());
  }
  Progress progress;
  if (options.down_project) TRY(take_down(project, Files::remove, std::nullopt, progress, nullptr));
  return runs.first()->code.value_or(kUnknownCode);
}

}  // namespace

Run define_wait(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("--down-project", options->down_project,
                   "Take the whole stack down as soon as the first of them has ended");
  command.add_option("SERVICE", options->services, "Their containers are waited for")->required();
  command.footer("The exit code is that of the container that ended first");
  return [options, &globals] { return wait(*options, globals); };
}

}  // namespace stack::cmd
