#include "cmd/stack/chosen_containers.h"

#include <algorithm>

#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "cmd/stack/services.h"
#include "specs/replicas.h"

namespace stack::cmd {

using nlohmann::json;

Result<std::vector<json>> chosen_containers(const json& status, const std::vector<std::string>& services,
                                            OneOffs one_offs) {
  std::vector<std::string> known;
  for (const json& container : status["containers"]) known.push_back(container.value("service", ""));
  for (const std::string& service : services)
    if (std::find(known.begin(), known.end(), service) == known.end()) return no_such_service(service, known);
  std::vector<json> containers;
  for (const json& container : status["containers"]) {
    const std::string service = container.value("service", "");
    if (container.contains("one_off") && one_offs == OneOffs::leave) continue;
    if (services.empty() || std::find(services.begin(), services.end(), service) != services.end())
      containers.push_back(container);
  }
  return containers;
}

Result<std::vector<json>> containers_of(const std::string& project,
                                        const std::vector<std::string>& services) {
  const auto status = stack_status(project);
  if (!status && control::is_absent(status.error())) return not_running(project);
  if (!status) return status.error();
  return chosen_containers(*status, services);
}

bool is_up(const json& container) {
  const std::string state = container.value("state", "");
  return state == "running" || state == "paused" || state == "stopping";
}

void add_index(CLI::App& command, int& index) {
  command.add_option("--index", index, "Which of the service's containers, by number; else the first")
      ->check(CLI::Range(1, kMostReplicas));
}

Result<json> container_at(const std::string& project, const std::string& service, int index) {
  const std::vector<json> containers = TRY(containers_of(project, {service}));
  if (index == 0) return containers.front();
  for (const json& container : containers)
    if (container.value("number", 1) == index) return container;
  return fault("service \"" + service + "\" has no container number " + std::to_string(index));
}

}  // namespace stack::cmd
