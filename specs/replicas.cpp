#include "specs/replicas.h"

#include <algorithm>
#include <charconv>

#include "specs/one_off.h"

namespace stack {
namespace {

using Kind = NamespaceMode::Kind;

constexpr char kMark = '#';

struct NamedMode {
  const char* key;
  NamespaceMode ServiceSpec::*mode;
};
constexpr NamedMode kModes[] = {{"network_mode", &ServiceSpec::network_mode},
                                {"ipc", &ServiceSpec::ipc},
                                {"pid", &ServiceSpec::pid},
                                {"uts", &ServiceSpec::uts}};

ServiceSpec replica(const ServiceSpec& service, int number) {
  ServiceSpec copy = service;
  copy.name = replica_name(service.name, number);
  // "shop-web-1": that it is none of the file's choice was checked.
  copy.container_name.replace(copy.container_name.rfind('-') + 1, std::string::npos, std::to_string(number));
  return copy;
}

// `counts` is of the services that have another number of containers than one.
void spread_dependencies(ServiceSpec& service, const std::map<std::string, int>& counts) {
  for (const auto& [on, count] : counts) {
    const auto found = service.depends_on.find(on);
    if (found == service.depends_on.end()) continue;
    for (int number = 2; number <= count; ++number)
      service.depends_on[replica_name(on, number)] = found->second;
    if (count == 0) service.depends_on.erase(found);
  }
}

// A link leads to every container of the service, as its name does.
void spread_links(ServiceSpec& service, const std::map<std::string, int>& counts) {
  std::vector<ServiceLink> links;
  for (const ServiceLink& link : service.links) {
    const auto found = counts.find(link.service);
    const int count = found == counts.end() ? 1 : found->second;
    for (int number = 1; number <= count; ++number)
      links.push_back({replica_name(link.service, number), link.alias});
  }
  service.links = std::move(links);
}

class Faults {
 public:
  explicit Faults(const StackSpec& spec) : spec_(spec) {}

  std::vector<ReplicaFault> all() {
    for (const auto& [name, service] : spec_.services) {
      if (replicas_of(service) > 1) of_several(service);
      of_owners(service);
    }
    return std::move(faults_);
  }

 private:
  void of_several(const ServiceSpec& service) {
    if (service.container_name != spec_.name + "-" + service.name + "-1")
      add(service, "container_name", "a name is one container's", "without it they are numbered");
    for (std::size_t i = 0; i < service.ports.size(); ++i) {
      const PublishedPort& port = service.ports[i];
      if (port.published == 0 || port.published_last != 0) continue;
      const std::string first = std::to_string(port.published);
      const std::string last = std::to_string(port.published + replicas_of(service) - 1);
      add(service, "ports." + std::to_string(i), "host port " + first + " is one container's",
          "\"" + first + "-" + last + ":" + std::to_string(port.target) + "\" has one for each");
    }
    if (!service.mac_address.empty()) add(service, "mac_address", "a hardware address is one container's");
    for (const auto& [key, attachment] : service.networks) {
      const std::string before = "networks." + key + ".";
      if (!attachment.ipv4_address.empty())
        add(service, before + "ipv4_address", "an address is one container's");
      if (!attachment.ipv6_address.empty())
        add(service, before + "ipv6_address", "an address is one container's");
      if (!attachment.mac_address.empty())
        add(service, before + "mac_address", "a hardware address is one container's");
    }
  }

  void of_owners(const ServiceSpec& service) {
    if (replicas_of(service) == 0) return;
    for (const NamedMode& named : kModes) {
      const NamespaceMode& mode = service.*named.mode;
      const auto owner = spec_.services.find(mode.name);
      if (mode.kind != Kind::service || owner == spec_.services.end() || replicas_of(owner->second) != 0)
        continue;
      faults_.push_back({service.name, named.key,
                         std::string(named.key) + " of service \"" + service.name + "\" is that of \"" +
                             mode.name + "\", which is to have no container",
                         ""});
    }
  }

  void add(const ServiceSpec& service, const std::string& key, const std::string& because,
           const std::string& hint = "") {
    faults_.push_back({service.name, key,
                       "service \"" + service.name + "\" cannot have " +
                           std::to_string(replicas_of(service)) + " containers: " + because,
                       hint});
  }

  const StackSpec& spec_;
  std::vector<ReplicaFault> faults_;
};

}  // namespace

int replicas_of(const ServiceSpec& service) {
  return service.scale ? *service.scale : service.replicas.value_or(1);
}

std::string replica_name(const std::string& service, int number) {
  return number == 1 ? service : service + kMark + std::to_string(number);
}

bool is_replica(const std::string& name) {
  return name.find(kMark) != std::string::npos;
}

int number_of(const std::string& name) {
  const std::size_t mark = name.find(kMark);
  int number = 1;
  if (mark != std::string::npos) std::from_chars(name.data() + mark + 1, name.data() + name.size(), number);
  return number;
}

std::string numbered_name(const std::string& name) {
  return is_one_off(name) ? name : service_behind(name) + "-" + std::to_string(number_of(name));
}

StackSpec with_replicas(StackSpec spec) {
  std::map<std::string, int> counts;
  for (auto& [name, service] : spec.services) {
    if (const int count = replicas_of(service); count != 1) counts[name] = count;
    service.scale.reset();
    service.replicas.reset();
  }
  if (counts.empty()) return spec;
  for (auto& [name, service] : spec.services) {
    spread_dependencies(service, counts);
    spread_links(service, counts);
  }
  for (const auto& [name, count] : counts) {
    for (int number = 2; number <= count; ++number) {
      ServiceSpec copy = replica(spec.services.at(name), number);
      spec.services[copy.name] = std::move(copy);
    }
    if (count == 0) spec.services.erase(name);
  }
  return spec;
}

std::vector<ReplicaFault> replica_faults(const StackSpec& spec) {
  return Faults(spec).all();
}

bool is_named(const std::string& container, const std::string& word) {
  if (container == word || alone(container) == word) return true;
  return !is_one_off(container) && service_behind(container) == word;
}

std::string alone(const std::string& container) {
  return is_replica(container) || is_one_off(container) ? container : container + kMark + "1";
}

std::set<std::string> containers_of(const StackSpec& spec, const std::vector<std::string>& names) {
  std::set<std::string> containers;
  for (const auto& service : spec.services) {
    const std::string& name = service.first;  // clang 14 captures no structured binding
    if (std::any_of(names.begin(), names.end(), [&](const auto& word) { return is_named(name, word); }))
      containers.insert(name);
  }
  return containers;
}

}  // namespace stack
