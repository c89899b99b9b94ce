#include "specs/effective.h"

namespace stack {

std::vector<std::string> argv_of(const ServiceSpec& service) {
  std::vector<std::string> argv = service.entrypoint.value_or(std::vector<std::string>{});
  if (service.command) argv.insert(argv.end(), service.command->begin(), service.command->end());
  return argv;
}

const Healthcheck* active_check(const ServiceSpec& service) {
  const bool active =
      service.healthcheck && !service.healthcheck->disable && !service.healthcheck->test.empty();
  return active ? &*service.healthcheck : nullptr;
}

CheckTiming timing_of(const Healthcheck& check) {
  using std::chrono::seconds;
  return {check.interval.value_or(seconds(30)), check.timeout.value_or(seconds(30)),
          check.start_period.value_or(seconds(0)), check.start_interval.value_or(seconds(5)),
          check.retries.value_or(3)};
}

std::string stop_signal_of(const ServiceSpec& service) {
  return service.stop_signal.empty() ? "SIGTERM" : service.stop_signal;
}

std::set<std::string> with_dependencies(const StackSpec& spec, const std::vector<std::string>& names) {
  std::set<std::string> chosen;
  std::vector<std::string> open = names;
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    const auto service = spec.services.find(name);
    if (service == spec.services.end() || !chosen.insert(name).second) continue;
    for (const auto& [on, dependency] : service->second.depends_on) open.push_back(on);
  }
  return chosen;
}

// Bounded, as a cycle or too long a chain may be among the faults of a draft.
std::string network_owner(const StackSpec& spec, const ServiceSpec& service) {
  using Kind = NamespaceMode::Kind;
  const ServiceSpec* at = &service;
  for (std::size_t i = 0; i <= kMostSharers; ++i) {
    if (at->network_mode.kind == Kind::host) return "";
    if (at->network_mode.kind != Kind::service) return at->pod.empty() ? at->name : "pod:" + at->pod;
    const auto other = spec.services.find(at->network_mode.name);
    if (other == spec.services.end()) return at->name;
    at = &other->second;
  }
  return service.name;
}

std::string first_network(const ServiceSpec& service) {
  auto first = service.networks.begin();
  for (auto it = service.networks.begin(); it != service.networks.end(); ++it)
    if (it->second.priority > first->second.priority) first = it;
  return first == service.networks.end() ? "" : first->first;
}

std::string way_out(const StackSpec& spec, const ServiceSpec& service) {
  const auto is_internal = [&](const std::string& key) {
    const auto network = spec.networks.find(key);
    return network != spec.networks.end() && network->second.internal;
  };
  auto best = service.networks.begin();
  for (auto it = service.networks.begin(); it != service.networks.end(); ++it) {
    const bool leads = !is_internal(it->first), best_leads = !is_internal(best->first);
    if ((leads && !best_leads) || (leads == best_leads && it->second.gw_priority > best->second.gw_priority))
      best = it;
  }
  return best == service.networks.end() ? "" : best->first;
}

}  // namespace stack
