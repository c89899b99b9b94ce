// Networks and ports of all services together.
#include <set>

#include "specs/checks.h"
#include "specs/scalars.h"

namespace stack {
namespace {

using Kind = NamespaceMode::Kind;

void error(Diagnostics& diagnostics, const Mark& mark, std::string message, std::string hint = "") {
  diagnostics.error(mark.pos, std::move(message), std::move(hint), mark.length);
}

// Whose network namespace a service is in; "" is the host's. Bounded, as a cycle may be among the faults.
std::string sandbox_of(const StackSpec& spec, const ServiceSpec& service) {
  const ServiceSpec* at = &service;
  for (std::size_t i = 0; i <= spec.services.size(); ++i) {
    if (at->network_mode.kind == Kind::host) return "";
    if (at->network_mode.kind != Kind::service) return at->pod.empty() ? at->name : "pod:" + at->pod;
    const auto other = spec.services.find(at->network_mode.name);
    if (other == spec.services.end()) return at->name;
    at = &other->second;
  }
  return service.name;
}

void check_address(const Draft& draft, const ServiceSpec& service, const std::string& key,
                   const NetworkSpec& network, bool ipv4,
                   std::map<std::pair<std::string, std::string>, std::string>& owners,
                   Diagnostics& diagnostics) {
  const NetworkAttachment& attachment = service.networks.at(key);
  const std::string& address = ipv4 ? attachment.ipv4_address : attachment.ipv6_address;
  if (address.empty()) return;
  const std::string& subnet = ipv4 ? network.subnet4 : network.subnet6;
  const Mark mark =
      place_of(draft.services, service.name, "networks." + key + (ipv4 ? ".ipv4_address" : ".ipv6_address"));
  const auto parsed = scalars::subnet(subnet);
  if (!parsed) {
    return error(diagnostics, mark, "address \"" + address + "\" needs a subnet in network \"" + key + "\"",
                 "networks." + key + ".ipam.config");
  }
  if (!parsed->contains(address)) {
    return error(
        diagnostics, mark,
        "address \"" + address + "\" is not in subnet \"" + subnet + "\" of network \"" + key + "\"");
  }
  if (address == (ipv4 ? network.gateway4 : network.gateway6)) {
    return error(diagnostics, mark, "address \"" + address + "\" is the gateway of network \"" + key + "\"");
  }
  const std::string sandbox = sandbox_of(draft.spec, service);
  const auto [it, fresh] = owners.try_emplace({key, address}, service.name);
  if (!fresh && sandbox_of(draft.spec, draft.spec.services.at(it->second)) != sandbox) {
    error(diagnostics, mark, "address \"" + address + "\" is that of service \"" + it->second + "\" too");
  }
}

void check_attachments(Draft& draft, std::set<std::string>& used, Diagnostics& diagnostics) {
  std::map<std::pair<std::string, std::string>, std::string> owners;
  for (const auto& [name, service] : draft.spec.services) {
    for (const auto& [key, attachment] : service.networks) {
      used.insert(key);
      auto network = draft.spec.networks.find(key);
      if (network == draft.spec.networks.end() && key == "default") {
        NetworkSpec implicit;
        implicit.key = key;
        implicit.name = draft.spec.name + "_default";
        network = draft.spec.networks.emplace(key, std::move(implicit)).first;
      }
      if (network == draft.spec.networks.end()) {
        std::vector<std::string> known;
        for (const auto& [other, spec] : draft.spec.networks) known.push_back(other);
        const std::string meant = nearest(key, known);
        error(diagnostics, place_of(draft.services, name, "networks." + key),
              "service \"" + name + "\" refers to undefined network \"" + key + "\"",
              meant.empty() ? "" : "did you mean \"" + meant + "\"?");
        continue;
      }
      check_address(draft, service, key, network->second, true, owners, diagnostics);
      check_address(draft, service, key, network->second, false, owners, diagnostics);
    }
  }
}

void check_subnets(const Draft& draft, Diagnostics& diagnostics) {
  struct Pool {
    std::string key;
    scalars::Subnet subnet;
  };
  std::vector<Pool> pools;
  std::map<std::string, std::string> names;
  for (const auto& [key, network] : draft.spec.networks) {
    const auto [named, fresh] = names.try_emplace(network.name, key);
    if (!fresh) {
      error(diagnostics, place_of(draft.networks, key, "name"),
            "network \"" + key + "\" has the name \"" + network.name + "\" of network \"" + named->second +
                "\"");
    }
    for (const auto& [text, part] :
         {std::pair(&network.subnet4, "subnet4"), std::pair(&network.subnet6, "subnet6")}) {
      const auto subnet = scalars::subnet(*text);
      if (!subnet) continue;
      for (const Pool& other : pools) {
        if (!subnet->overlaps(other.subnet)) continue;
        error(diagnostics, place_of(draft.networks, key, part),
              "subnet \"" + *text + "\" overlaps with that of network \"" + other.key + "\"");
        break;
      }
      pools.push_back({key, *subnet});
    }
  }
}

bool is_ipv4(const std::string& address) {
  return address.find(':') == std::string::npos;
}

// Whether both would answer on an address of the host.
bool meet(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty() || a == b) return true;
  if (is_ipv4(a) != is_ipv4(b)) return false;
  const std::string every = is_ipv4(a) ? "0.0.0.0" : "::";
  return a == every || b == every;
}

struct Published {
  const ServiceSpec* service;
  const PublishedPort* port;
};

std::string host_port(const PublishedPort& port) {
  return std::to_string(port.published) + (port.protocol == "udp" ? "/udp" : "");
}

}  // namespace

void check_networks(Draft& draft, Diagnostics& diagnostics) {
  std::set<std::string> used;
  check_attachments(draft, used, diagnostics);
  check_subnets(draft, diagnostics);
  std::erase_if(draft.spec.networks, [&](const auto& entry) { return !used.contains(entry.first); });
}

void check_ports(const Draft& draft, Diagnostics& diagnostics) {
  std::multimap<std::pair<std::uint16_t, std::string>, Published> on_host;
  std::map<std::pair<std::string, std::string>, std::string> in_sandbox;
  for (const auto& [name, service] : draft.spec.services) {
    for (std::size_t i = 0; i < service.ports.size(); ++i) {
      const PublishedPort& port = service.ports[i];
      const Mark mark = place_of(draft.services, name, "ports." + std::to_string(i));
      const std::string target = std::to_string(port.target) + "/" + port.protocol;
      const std::string sandbox = sandbox_of(draft.spec, service);
      const auto owner = in_sandbox.try_emplace({sandbox, target}, name).first;
      if (owner->second != name) {
        error(diagnostics, mark,
              "port " + target + " of service \"" + name + "\" is that of service \"" + owner->second +
                  "\" too, whose network it shares");
      }
      if (port.published == 0) continue;
      const std::pair key(port.published, port.protocol);
      const auto [first, last] = on_host.equal_range(key);
      for (auto it = first; it != last; ++it) {
        const auto& [other, theirs] = it->second;
        if (!meet(theirs->host_ip, port.host_ip)) continue;
        error(diagnostics, mark,
              other == &service ? "service \"" + name + "\" publishes host port " + host_port(port) + " twice"
                                : "services \"" + other->name + "\" and \"" + name +
                                      "\" both publish host port " + host_port(port));
        break;
      }
      on_host.emplace(key, Published{&service, &port});
    }
  }
}

}  // namespace stack
