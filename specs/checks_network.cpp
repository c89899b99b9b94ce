// Networks of all services together.
#include <algorithm>
#include <set>

#include "specs/checks.h"
#include "specs/effective.h"
#include "specs/scalars.h"

namespace stack {
namespace {

using Kind = NamespaceMode::Kind;

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
    return error(diagnostics, mark, FaultCode::address_conflict,
                 "address \"" + address + "\" needs a subnet in network \"" + key + "\"",
                 "networks." + key + ".ipam.config");
  }
  if (!parsed->contains(address)) {
    return error(
        diagnostics, mark, FaultCode::address_conflict,
        "address \"" + address + "\" is not in subnet \"" + subnet + "\" of network \"" + key + "\"");
  }
  if (address == (ipv4 ? network.gateway4 : network.gateway6)) {
    return error(diagnostics, mark, FaultCode::address_conflict,
                 "address \"" + address + "\" is the gateway of network \"" + key + "\"");
  }
  for (const auto& [name, reserved] : ipv4 ? network.aux4 : network.aux6) {
    if (reserved == address)
      return error(diagnostics, mark, FaultCode::address_conflict,
                   "address \"" + address + "\" is kept for \"" + name + "\" in network \"" + key + "\"",
                   "networks." + key + ".ipam.config, aux_addresses");
  }
  const std::string sandbox = network_owner(draft.spec, service);
  const auto [it, fresh] = owners.try_emplace({key, address}, service.name);
  if (!fresh && network_owner(draft.spec, draft.spec.services.at(it->second)) != sandbox) {
    error(diagnostics, mark, FaultCode::address_conflict,
          "address \"" + address + "\" is that of service \"" + it->second + "\" too");
  }
}

void check_networks_used(Draft& draft, std::set<std::string>& used, Diagnostics& diagnostics) {
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
        error(diagnostics, place_of(draft.services, name, "networks." + key), FaultCode::undefined_network,
              "service \"" + name + "\" refers to undefined network \"" + key + "\"",
              did_you_mean(key, names_of(draft.spec.networks)));
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
      error(diagnostics, place_of(draft.networks, key, "name"), FaultCode::name_conflict,
            "network \"" + key + "\" has the name \"" + network.name + "\" of network \"" + named->second +
                "\"");
    }
    for (const auto& [text, part] :
         {std::pair(&network.subnet4, "subnet4"), std::pair(&network.subnet6, "subnet6")}) {
      const auto subnet = scalars::subnet(*text);
      if (!subnet) continue;
      for (const Pool& other : pools) {
        if (!subnet->overlaps(other.subnet)) continue;
        error(diagnostics, place_of(draft.networks, key, part), FaultCode::address_conflict,
              "subnet \"" + *text + "\" overlaps with that of network \"" + other.key + "\"");
        break;
      }
      pools.push_back({key, *subnet});
    }
  }
}

void check_bridges(const Draft& draft, Diagnostics& diagnostics) {
  std::map<std::string, std::string> owners;
  for (const auto& [key, network] : draft.spec.networks) {
    if (network.bridge_name.empty()) continue;
    const auto [it, fresh] = owners.try_emplace(network.bridge_name, key);
    if (fresh) continue;
    error(diagnostics, place_of(draft.networks, key, "driver_opts"), FaultCode::address_conflict,
          "bridge \"" + network.bridge_name + "\" of network \"" + key + "\" is that of network \"" +
              it->second + "\" too");
  }
}

// Ports that name no address are published where the network says.
void bind_ports(const StackSpec& spec, ServiceSpec& service) {
  const auto network = spec.networks.find(way_out(spec, service));
  if (network == spec.networks.end() || network->second.host_binding4.empty()) return;
  for (PublishedPort& port : service.ports)
    if (port.host_ip.empty()) port.host_ip = network->second.host_binding4;
}

}  // namespace

void enter_outside_networks(Draft& draft, Diagnostics& diagnostics) {
  std::set<std::string> refused;
  for (auto& [name, service] : draft.spec.services) {
    const auto is_outside = [&](const auto& entry) {
      const auto network = draft.spec.networks.find(entry.first);
      return network != draft.spec.networks.end() && network->second.external;
    };
    const auto found = std::find_if(service.networks.begin(), service.networks.end(), is_outside);
    if (found == service.networks.end()) continue;
    const NetworkSpec& network = draft.spec.networks.at(found->first);
    if (network.name != "host" && network.name != "none") {
      if (refused.insert(network.key).second)
        error(diagnostics, place_of(draft.networks, network.key, "external"), FaultCode::not_yet,
              "network \"" + network.key + "\" is external: networks of other stacks cannot be joined yet",
              "\"host\" and \"none\" are there for all");
      std::erase_if(service.networks, is_outside);
      continue;
    }
    if (service.networks.size() > 1) {
      error(diagnostics, place_of(draft.services, name, "networks." + found->first),
            FaultCode::conflicting_keys,
            "service \"" + name + "\" cannot be on other networks beside \"" + network.name +
                "\", which is no network of containers");
    }
    service.network_mode.kind = network.name == "host" ? Kind::host : Kind::none;
    service.networks.clear();
  }
  std::erase_if(draft.spec.networks, [](const auto& entry) { return entry.second.external; });
}

void check_networks(Draft& draft, Diagnostics& diagnostics) {
  std::set<std::string> used;
  check_networks_used(draft, used, diagnostics);
  check_subnets(draft, diagnostics);
  check_bridges(draft, diagnostics);
  std::erase_if(draft.spec.networks, [&](const auto& entry) { return !used.contains(entry.first); });
  for (auto& [name, service] : draft.spec.services) bind_ports(draft.spec, service);
}

}  // namespace stack
