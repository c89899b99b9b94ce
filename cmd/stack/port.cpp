// `stack port SERVICE [PRIVATE_PORT]`: where on the host a port of a service is found.
#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/container_text.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  std::string service;
  int port = 0;  // 0: all of them
  std::string protocol = "tcp";
  bool any_protocol = false;
  int index = 0;
};

Error not_published(const Options& options, const json& container) {
  const std::string published = ports_text(container);
  return fault("port " + std::to_string(options.port) + "/" + options.protocol + " of service \"" +
               options.service + "\" is not published: " + (published.empty() ? "none is" : published));
}

Result<int> port(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  const json container = TRY(container_at(project, options.service, options.index));
  if (!is_up(container)) return fault("\"" + options.service + "\" is not running");
  if (options.port == 0) {
    print(port_list(container, options.any_protocol ? "" : options.protocol));
    return 0;
  }
  const auto place = published_at(container, options.port, options.protocol);
  if (!place) return not_published(options, container);
  print(*place + "\n");
  return 0;
}

}  // namespace

Run define_port(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::Option* const protocol =
      command.add_option("--protocol", options->protocol, "tcp or udp; tcp where a port is named")
          ->check(CLI::IsMember({"tcp", "udp"}, CLI::ignore_case));
  add_index(command, options->index);
  command.add_option("SERVICE", options->service, "The service")->required();
  command.add_option("PRIVATE_PORT", options->port, "A port of the container; without it all are shown")
      ->check(CLI::Range(1, 65535));
  return [options, protocol, &globals] {
    options->any_protocol = protocol->count() == 0;
    return port(*options, globals);
  };
}

}  // namespace stack::cmd
