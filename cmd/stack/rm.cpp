// `stack rm`: what the ended containers of services left goes: writable layer, logs, record.
#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/confirm.h"
#include "cmd/stack/down_storage.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "specs/text.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  LifecycleOptions shared;
  bool force = false;
  bool stop = false;
  bool volumes = false;
};

bool is_removable(const json& container) {
  const std::string state = container.value("state", "");
  return state == "exited" || state == "restarting" || state == "created";
}

Result<int> rm(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  if (options.stop) TRY(command_services("stop", options.shared, globals));
  LifecycleOptions ended;
  std::vector<std::string> names;
  for (const json& container : TRY(containers_of(project, options.shared.services))) {
    if (!is_removable(container)) continue;
    ended.services.push_back(container.value("key", ""));
    names.push_back(container.value("name", ""));
  }
  if (names.empty()) {
    print_error("No stopped containers\n");
    return 0;
  }
  const std::string volumes = options.volumes ? " and their anonymous volumes" : "";
  const std::string what = "this will remove " + joined(names, ", ") + volumes;
  if (!options.force && !TRY(confirm(what))) return 0;
  TRY(command_services("rm", ended, globals));
  Progress progress;
  if (options.volumes) TRY(remove_anonymous_volumes(project, ended.services, progress));
  return 0;
}

}  // namespace

Run define_rm(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("-f,--force", options->force, "Without asking");
  command.add_flag("-s,--stop", options->stop, "Stop them first");
  command.add_flag("-v,--volumes", options->volumes, "Their anonymous volumes too, and what is in them");
  add_services(command, options->shared.services);
  command.footer("Their logs go too; `stack up` makes them anew");
  return [options, &globals] { return rm(*options, globals); };
}

}  // namespace stack::cmd
