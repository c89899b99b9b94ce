// `stack diff`: what a container has changed of its root, as Docker tells it.
#include <unistd.h>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "core/control/paths.h"
#include "core/engine/host_skeleton.h"
#include "core/images/layer_changes.h"
#include "core/reconcile/intent.h"
#include "core/reconcile/storage.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

struct Options {
  std::string service;
  int index = 0;
};

// The folders below the writable layer, uppermost first.
Result<std::vector<std::string>> layers_below(const Paths& paths, const ServiceSpec& service) {
  std::vector<std::string> folders;
  const std::string names = paths.container_run(service.name) + "/names";
  if (::access(names.c_str(), F_OK) == 0) folders.push_back(names);  // hosts, hostname, resolv.conf
  if (service.image.kind == ImageRef::Kind::host) {
    folders.push_back(TRY(engine::host_skeleton()));
  } else if (service.image.kind == ImageRef::Kind::rootfs) {
    folders.push_back(service.image.path);
  } else {
    const std::vector<std::string> layers = TRY(layer_folders(service.image));
    folders.insert(folders.end(), layers.rbegin(), layers.rend());
  }
  return folders;
}

char letter_of(LayerChange::Kind kind) {
  switch (kind) {
    case LayerChange::Kind::added:
      return 'A';
    case LayerChange::Kind::changed:
      return 'C';
    case LayerChange::Kind::deleted:
      return 'D';
  }
  return '?';
}

Result<ServiceSpec> service_of(const Paths& paths, const std::string& project, const Options& options) {
  const auto container = TRY(container_at(project, options.service, options.index));
  const std::string service = container.value("key", "");
  std::string warning;
  const auto intent = TRY(load_intent(paths, warning));
  if (!warning.empty()) print_error("stack: " + warning + "\n");
  if (!intent || !intent->spec.services.contains(service))
    return fault("what \"" + service + "\" is made of is not known: it left the file");
  return intent->spec.services.at(service);
}

Result<int> diff(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  const Paths paths(project);
  const ServiceSpec service = TRY(service_of(paths, project, options));
  const std::string upper = paths.container_lib(service.name) + "/upper";
  if (::access(upper.c_str(), F_OK) != 0) return 0;  // it never ran: it has changed nothing
  const auto changes = TRY(layer_changes(upper, TRY(layers_below(paths, service))).with(options.service));
  std::string text;
  for (const LayerChange& change : changes)
    text += std::string(1, letter_of(change.kind)) + " " + printable(change.path) + "\n";
  print(text);
  return 0;
}

}  // namespace

Run define_diff(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  add_index(command, options->index);
  command.add_option("SERVICE", options->service, "The service")->required();
  command.footer("A line a path: A was added, C has changed, D was deleted");
  return [options, &globals] { return diff(*options, globals); };
}

}  // namespace stack::cmd
