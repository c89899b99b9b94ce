#include "specs/checks.h"

#include <algorithm>

#include "specs/effective.h"
#include "specs/image_reference.h"

namespace stack {
namespace {

using Kind = NamespaceMode::Kind;

void check_mode(const Draft& draft, const ServiceSpec& service, const char* key, const NamespaceMode& mode,
                Diagnostics& diagnostics) {
  if (mode.kind != Kind::service) return;
  const Mark mark = place_of(draft.services, service.name, key);
  if (mode.name == service.name) {
    error(diagnostics, mark, FaultCode::self_reference,
          std::string(key) + " of service \"" + service.name + "\" names the service itself");
  } else if (!draft.spec.services.contains(mode.name)) {
    Absence absence = why_absent(draft.spec, mode.name);
    error(diagnostics, mark, absence.code,
          std::string(key) + " of service \"" + service.name + "\" names " + absence.words,
          std::move(absence.hint));
  }
}

// A cycle is another fault.
void check_sharers(const Draft& draft, const ServiceSpec& service, const char* key,
                   NamespaceMode ServiceSpec::*mode, Diagnostics& diagnostics) {
  const ServiceSpec* at = &service;
  for (std::size_t i = 0; (at->*mode).kind == Kind::service; ++i) {
    const auto other = draft.spec.services.find((at->*mode).name);
    if (other == draft.spec.services.end() || &other->second == &service) return;
    at = &other->second;
    if (i < kMostSharers) continue;
    return error(diagnostics, place_of(draft.services, service.name, key), FaultCode::too_large,
                 std::string(key) + " of service \"" + service.name + "\" is shared by way of more than " +
                     std::to_string(kMostSharers) + " services");
  }
}

// An image may bring one; that is known when it is here (core/images).
bool may_have_check(const ServiceSpec& service) {
  return active_check(service) != nullptr ||
         (is_stored(service.image) && !(service.healthcheck && service.healthcheck->disable));
}

void check_dependencies(Draft& draft, ServiceSpec& service, Diagnostics& diagnostics) {
  std::erase_if(service.depends_on, [&](const auto& entry) {
    const auto& [name, dependency] = entry;
    const auto other = draft.spec.services.find(name);
    const Mark mark = place_of(draft.services, service.name, "depends_on." + name);
    if (other == draft.spec.services.end()) {
      if (!dependency.required) return true;
      if (dependency.implicit) return false;  // said by check_mode, check_volumes_from or check_links
      Absence absence = why_absent(draft.spec, name);
      error(diagnostics, mark, absence.code, "service \"" + service.name + "\" depends on " + absence.words,
            std::move(absence.hint));
    } else if (dependency.condition == DependsCondition::service_healthy && !may_have_check(other->second)) {
      error(diagnostics, place_of(draft.services, service.name, "depends_on." + name + ".condition"),
            FaultCode::missing_healthcheck,
            "service \"" + service.name + "\" waits for \"" + name +
                "\" to be healthy, which has no healthcheck",
            "service_started does not need one");
    }
    return false;
  });
}

// Depth first over `depends_on`; a cycle is said once, from its first service in alphabetical order.
class CycleSearch {
 public:
  CycleSearch(const Draft& draft, Diagnostics& diagnostics) : draft_(draft), diagnostics_(diagnostics) {}

  void run() {
    for (const auto& [name, service] : draft_.spec.services) visit(service);
  }

 private:
  enum class State { unseen, open, done };

  // Not recursive: a chain of 10,000 services is no reason to overflow the stack.
  void visit(const ServiceSpec& from) {
    struct Step {
      const ServiceSpec* service;
      std::map<std::string, Dependency>::const_iterator next;
    };
    if (states_[from.name] != State::unseen) return;
    std::vector<Step> path{{&from, from.depends_on.begin()}};
    states_[from.name] = State::open;
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == step.service->depends_on.end()) {
        states_[step.service->name] = State::done;
        path.pop_back();
        continue;
      }
      const std::string& name = (step.next++)->first;
      const auto other = draft_.spec.services.find(name);
      if (other == draft_.spec.services.end()) continue;
      State& state = states_[name];
      if (state == State::open) {
        std::vector<std::string> names;
        for (const Step& one : path) names.push_back(one.service->name);
        report({std::find(names.begin(), names.end(), name), names.end()});
      } else if (state == State::unseen) {
        state = State::open;
        path.push_back({&other->second, other->second.depends_on.begin()});
      }
    }
  }

  void report(std::vector<std::string> cycle) {
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    const std::string& first = cycle.front();
    const std::string& second = cycle.size() > 1 ? cycle[1] : first;
    std::string text;
    for (const std::string& name : cycle) text += name + " -> ";
    error(diagnostics_, place_of(draft_.services, first, "depends_on." + second), FaultCode::cycle,
          "dependency cycle: " + text + first);
  }

  const Draft& draft_;
  Diagnostics& diagnostics_;
  std::map<std::string, State> states_;
};

// Keys that say something about a namespace that is another's.
void check_borrowed_network(const Draft& draft, const ServiceSpec& service, Diagnostics& diagnostics) {
  if (service.network_mode.kind != Kind::service) return;
  for (const char* key : {"ports", "hostname", "domainname", "extra_hosts", "dns", "dns_search", "dns_opt"}) {
    if (!service.positions.contains(key)) continue;
    error(diagnostics, place_of(draft.services, service.name, key), FaultCode::conflicting_keys,
          std::string(key) + " of service \"" + service.name +
              "\" cannot stand with network_mode \"service:" + service.network_mode.name + "\"",
          "it belongs to service \"" + service.network_mode.name + "\"");
  }
}

void check_pod(const Draft& draft, const ServiceSpec& service, Diagnostics& diagnostics) {
  if (service.pod.empty()) return;
  for (const auto& [key, mode] :
       {std::pair("network_mode", &service.network_mode), std::pair("ipc", &service.ipc)}) {
    if (mode->kind == Kind::own) continue;
    error(diagnostics, place_of(draft.services, service.name, key), FaultCode::conflicting_keys,
          std::string(key) + " of service \"" + service.name + "\" cannot stand with pod \"" + service.pod +
              "\", whose members share it");
  }
}

void check_memory(const Draft& draft, const ServiceSpec& service, Diagnostics& diagnostics) {
  const Resources& r = service.resources;
  if (r.memory && r.memory_reservation && *r.memory_reservation > *r.memory) {
    error(diagnostics, place_of(draft.services, service.name, "mem_reservation"), FaultCode::conflicting_keys,
          "mem_reservation of service \"" + service.name + "\" is above its memory limit");
  }
  if (!r.memory_swap || *r.memory_swap < 0) return;
  const Mark mark = place_of(draft.services, service.name, "memswap_limit");
  if (!r.memory) {
    error(diagnostics, mark, FaultCode::conflicting_keys,
          "memswap_limit of service \"" + service.name + "\" needs a mem_limit",
          "it counts memory and swap together");
  } else if (static_cast<std::uint64_t>(*r.memory_swap) < *r.memory) {
    error(diagnostics, mark, FaultCode::conflicting_keys,
          "memswap_limit of service \"" + service.name + "\" is below its memory limit",
          "it counts memory and swap together");
  }
}

// Both say how much CPU time there is; Docker refuses it too.
void check_cpu(const Draft& draft, const ServiceSpec& service, Diagnostics& diagnostics) {
  const Resources& r = service.resources;
  if (!r.nano_cpus) return;
  for (const auto& [key, value] :
       {std::pair("cpu_period", &r.cpu_period), std::pair("cpu_quota", &r.cpu_quota)}) {
    if (!*value) continue;
    error(diagnostics, place_of(draft.services, service.name, key), FaultCode::conflicting_keys,
          std::string(key) + " and cpus of service \"" + service.name + "\" exclude each other");
  }
}

void check_container_names(const Draft& draft, Diagnostics& diagnostics) {
  std::map<std::string, std::string> owners;
  for (const auto& [name, service] : draft.spec.services) {
    const auto [it, fresh] = owners.try_emplace(service.container_name, name);
    if (fresh) continue;
    const std::string& at = service.positions.contains("container_name") ? name : it->second;
    error(diagnostics, place_of(draft.services, at, "container_name"), FaultCode::name_conflict,
          "container name \"" + service.container_name + "\" is that of service \"" +
              (at == name ? it->second : name) + "\" too");
  }
}

}  // namespace

Absence why_absent(const StackSpec& spec, const std::string& service) {
  const auto inactive = spec.inactive.find(service);
  if (inactive == spec.inactive.end()) {
    return {FaultCode::undefined_service, "undefined service \"" + service + "\"",
            did_you_mean(service, names_of(spec.services))};
  }
  return {FaultCode::inactive_service, "service \"" + service + "\", which no active profile takes in",
          inactive->second.empty() ? "" : "--profile " + inactive->second.front() + " does"};
}

Mark place_of(const std::map<std::string, Marks>& all, const std::string& name, const std::string& key) {
  const auto marks = all.find(name);
  if (marks == all.end()) return {};
  for (std::string part = key;; part.resize(part.rfind('.') == std::string::npos ? 0 : part.rfind('.'))) {
    if (const auto it = marks->second.find(part); it != marks->second.end()) return it->second;
    if (part.empty()) return {};
  }
}

void check_service(Draft& draft, ServiceSpec& service, Diagnostics& diagnostics) {
  const bool has_networks = service.positions.contains("networks");
  if (has_networks && service.positions.contains("network_mode")) {
    error(diagnostics, place_of(draft.services, service.name, "networks"), FaultCode::conflicting_keys,
          "networks and network_mode of service \"" + service.name + "\" exclude each other");
  }
  const bool no_ports = service.network_mode.kind == Kind::host || service.network_mode.kind == Kind::none;
  if (no_ports && !service.ports.empty()) {
    const Mark mark = place_of(draft.services, service.name, "ports");
    const char* mode = service.network_mode.kind == Kind::host ? "host" : "none";
    diagnostics.warning(
        mark, FaultCode::no_effect,
        "ports of service \"" + service.name + "\" are not published: network_mode is " + mode);
    service.ports.clear();
  }
  if (service.bandwidth != Bandwidth{} && (no_ports || service.network_mode.kind == Kind::service)) {
    error(diagnostics, place_of(draft.services, service.name, "x-stack"), FaultCode::conflicting_keys,
          "x-stack.bandwidth of service \"" + service.name + "\" needs a network of its own");
  }
  // Of a namespace that is not its own a service takes no part in networks.
  if (service.network_mode.kind != Kind::own) service.networks.clear();
  check_borrowed_network(draft, service, diagnostics);
  check_pod(draft, service, diagnostics);
  check_memory(draft, service, diagnostics);
  check_cpu(draft, service, diagnostics);
}

void check_references(Draft& draft, Diagnostics& diagnostics) {
  for (auto& [name, service] : draft.spec.services) {
    check_mode(draft, service, "network_mode", service.network_mode, diagnostics);
    check_mode(draft, service, "ipc", service.ipc, diagnostics);
    check_mode(draft, service, "pid", service.pid, diagnostics);
    check_sharers(draft, service, "network_mode", &ServiceSpec::network_mode, diagnostics);
    check_sharers(draft, service, "ipc", &ServiceSpec::ipc, diagnostics);
    check_sharers(draft, service, "pid", &ServiceSpec::pid, diagnostics);
    check_dependencies(draft, service, diagnostics);
  }
}

void check_cycles(const Draft& draft, Diagnostics& diagnostics) {
  CycleSearch(draft, diagnostics).run();
}

void check(Draft& draft, Diagnostics& diagnostics) {
  check_references(draft, diagnostics);
  check_cycles(draft, diagnostics);
  enter_outside_networks(draft, diagnostics);
  for (auto& [name, service] : draft.spec.services) check_service(draft, service, diagnostics);
  check_container_names(draft, diagnostics);
  check_networks(draft, diagnostics);
  check_attachments(draft, diagnostics);
  check_ports(draft, diagnostics);
  check_storage(draft, diagnostics);
  check_replicas(draft, diagnostics);
}

}  // namespace stack
