#include "core/reconcile/status.h"

#include <nlohmann/json.hpp>
#include <tuple>

#include "specs/effective.h"
#include "specs/image_reference.h"
#include "specs/one_off.h"
#include "specs/replicas.h"

namespace stack {
namespace {

using nlohmann::json;

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

const char* state_name(const ContainerRecord& record, bool waiting) {
  switch (record.state) {
    case ContainerState::absent:
      return waiting ? "waiting" : "absent";
    case ContainerState::created:
      return waiting ? "waiting" : "created";
    case ContainerState::starting:
      return "starting";
    case ContainerState::running:
      return record.paused ? "paused" : "running";
    case ContainerState::stopping:
      return "stopping";
    case ContainerState::exited:
      return record.restarting ? "restarting" : "exited";
  }
  return "";
}

const char* health_name(Health health) {
  switch (health) {
    case Health::none:
      return "";
    case Health::starting:
      return "starting";
    case Health::healthy:
      return "healthy";
    case Health::unhealthy:
      return "unhealthy";
  }
  return "";
}

std::vector<std::string> weakened(const ServiceSpec& spec) {
  std::vector<std::string> words;
  if (spec.privileged) words.emplace_back("privileged");
  if (spec.userns_host) words.emplace_back("userns_mode host");
  if (spec.network_mode.kind == NamespaceMode::Kind::host) words.emplace_back("network_mode host");
  if (spec.pid.kind == NamespaceMode::Kind::host) words.emplace_back("pid host");
  if (spec.ipc.kind == NamespaceMode::Kind::host) words.emplace_back("ipc host");
  if (spec.uts.kind == NamespaceMode::Kind::host) words.emplace_back("uts host");
  if (spec.security.seccomp == SecurityOptions::Seccomp::unconfined) words.emplace_back("seccomp unconfined");
  if (!spec.security.no_new_privileges) words.emplace_back("no-new-privileges off");
  if (spec.security.label_disable) words.emplace_back("label disabled");
  if (!spec.security.mask_paths) words.emplace_back("systempaths unconfined");
  for (const std::string& capability : spec.cap_add) words.push_back("cap_add " + capability);
  return words;
}

json ports_of(const ServiceSpec& spec) {
  json ports = json::array();
  for (const PublishedPort& port : spec.ports)
    ports.push_back({{"host_ip", port.host_ip},
                     {"published", port.published},
                     {"target", port.target},
                     {"protocol", port.protocol}});
  return ports;
}

json networks_of(const World& world, const std::string& owner) {
  json networks = json::object();
  const auto sandbox = world.desired.sandboxes.find(owner);
  if (sandbox == world.desired.sandboxes.end()) return networks;
  for (const auto& [key, endpoint] : sandbox->second.endpoints)
    networks[key] = {{"ipv4", endpoint.ipv4}, {"ipv6", endpoint.ipv6}};
  return networks;
}

std::string image_of(const ServiceSpec& spec) {
  return short_name(spec.image);
}

}  // namespace

json container_status(const World& world, const std::string& service) {
  static const ContainerRecord kNone;
  const auto found = world.records.find(service);
  const ContainerRecord& record = found == world.records.end() ? kNone : found->second;
  const auto waiting = world.waiting.find(service);
  json j{{"key", service},
         {"service", service_behind(service)},
         {"name", record.name},
         {"id", record.id},
         {"state", state_name(record, waiting != world.waiting.end())},
         {"health", health_name(record.health)},
         {"pid", record.pid > 0 ? record.pid : 0},
         {"created_at", seconds(record.created_ns)},
         {"started_at", seconds(record.started_ns)},
         {"finished_at", seconds(record.finished_ns)},
         {"exit_reason", record.exit_reason},
         {"restarts", record.restarts},
         {"log_dir", world.paths.log_dir(service)}};
  if (is_one_off(service))
    j["one_off"] = service;
  else
    j["number"] = number_of(service);
  if (record.exit && record.exit->known) j["exit_code"] = record.exit->code;
  if (j.contains("exit_code")) j["last_exit_code"] = j["exit_code"];
  if (record.exit && record.state == ContainerState::running) j.erase("exit_code");
  if (record.restarting && record.next_start_ns > 0)
    j["next_start"] = seconds(realtime_ns() + record.next_start_ns - monotonic_ns());
  if (waiting != world.waiting.end()) j["waiting_for"] = waiting->second;
  if (const auto drifts = world.drifts.find(service); drifts != world.drifts.end())
    j["drifts"] = {{"count", drifts->second.count},
                   {"last", drifts->second.last},
                   {"last_at", seconds(drifts->second.last_ns)}};
  const auto want = world.desired.containers.find(service);
  if (want == world.desired.containers.end()) return j;
  const ServiceSpec& spec = *want->second.spec;
  if (record.name.empty()) j["name"] = spec.container_name;
  j["image"] = image_of(spec);
  j["command"] = argv_of(spec);
  j["ports"] = ports_of(spec);
  j["networks"] = networks_of(world, want->second.net_owner);
  j["weakened"] = weakened(spec);
  j["labels"] = spec.labels;
  return j;
}

json stack_status(const World& world) {
  json containers = json::array();
  const auto by_number = [](const std::string& a, const std::string& b) {
    return std::tuple(service_behind(a), number_of(a), a) < std::tuple(service_behind(b), number_of(b), b);
  };
  std::set<std::string, decltype(by_number)> services(by_number);
  for (const auto& [service, container] : world.desired.containers) services.insert(service);
  for (const auto& [service, record] : world.records) services.insert(service);
  for (const std::string& service : services) containers.push_back(container_status(world, service));
  const std::vector<std::string> files = world.intent ? world.intent->spec.files : std::vector<std::string>{};
  return {{"project", world.project}, {"files", files}, {"containers", containers}};
}

}  // namespace stack
