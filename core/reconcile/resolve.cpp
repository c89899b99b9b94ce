#include "core/reconcile/resolve.h"

#include <algorithm>
#include <tuple>

#include "net/ipam.h"
#include "specs/canonical.h"
#include "specs/effective.h"
#include "specs/one_off.h"

namespace stack {
namespace {

using Kind = NamespaceMode::Kind;

class Resolver {
 public:
  Resolver(const ResolveInput& input, AddressBook& book)
      : input_(input), spec_(*input.spec), book_(book), groups_(sharing_groups(spec_)) {}

  Result<Desired> run() {
    desired_.project = spec_.name;
    TRY(networks());
    for (const auto& [name, service] : spec_.services) container(service);
    TRY(addresses());
    for (auto& [owner, sandbox] : desired_.sandboxes) finish(sandbox);
    for (auto& [name, container] : desired_.containers) finish(container);
    const net::Firewall firewall = firewall_of(desired_);
    if (!firewall.networks.empty()) desired_.firewall_hash = sha256_hex(net::render(firewall));
    return std::move(desired_);
  }

 private:
  Result<void> networks() {
    std::map<std::string, net::Subnets> kept;
    std::vector<std::string> taken = input_.taken;
    for (const auto& [key, written] : spec_.networks) {
      NetworkSpec network = written;
      network.enable_ipv6 = network.enable_ipv6 && input_.ipv6;
      const auto previous = book_.networks.find(key);
      const net::Subnets subnets = TRY(net::choose_subnets(
          spec_.name, network, previous == book_.networks.end() ? nullptr : &previous->second, taken));
      for (const std::string& subnet : {subnets.subnet4, subnets.subnet6})
        if (!subnet.empty()) taken.push_back(subnet);
      kept[key] = subnets;
      DesiredNetwork& want = desired_.networks[key];
      const bool claimed = !network.bridge_name.empty();
      want = {net::bridge_of(spec_.name, network),
              subnets.subnet4,
              subnets.gateway4,
              subnets.subnet6,
              subnets.gateway6,
              network.internal,
              network.mtu == 0 ? 1500 : network.mtu,
              "",
              claimed,
              network.masquerade,
              network.icc};
      want.hash =
          sha256_hex(want.bridge + " " + want.subnet4 + " " + want.gateway4 + " " + want.subnet6 + " " +
                     want.gateway6 + (want.internal ? " internal " : " ") + std::to_string(want.mtu));
    }
    book_.networks = std::move(kept);
    return {};
  }

  // Whose namespace of one kind `service` lives in; "" is the host's.
  [[nodiscard]] std::string owner_of(const ServiceSpec& service, NamespaceMode ServiceSpec::*mode,
                                     bool pod_shares) const {
    const NamespaceMode& m = service.*mode;
    switch (m.kind) {
      case Kind::host:
        return "";
      case Kind::service:
        return owner_of(spec_.services.at(m.name), mode, pod_shares);
      case Kind::pod:
        return "pod:" + m.name;
      case Kind::own:
      case Kind::none:
        return pod_shares && !service.pod.empty() ? "pod:" + service.pod : service.name;
    }
    return service.name;
  }

  void container(const ServiceSpec& service) {
    DesiredContainer& want = desired_.containers[service.name];
    want.spec = std::make_shared<const ServiceSpec>(service);
    want.group = groups_.at(service.name);
    want.once = is_one_off(service.name);
    want.wanted_running = !input_.stopped->contains(service.name);
    want.keys = recreate_keys(service);
    want.resources_hash = resources_hash(service.resources);
    if (want.once && !want.wanted_running) return;  // never started again: it needs no namespaces
    want.net_owner = owner_of(service, &ServiceSpec::network_mode, true);
    want.ipc_owner = owner_of(service, &ServiceSpec::ipc, true);
    want.uts_owner = owner_of(service, &ServiceSpec::uts, false);
    if (service.pid.kind == Kind::service) want.pid_owner = service.pid.name;

    if (!want.net_owner.empty()) sandbox(want.net_owner, want.group).net = true;
    if (!want.ipc_owner.empty()) {
      DesiredSandbox& own = sandbox(want.ipc_owner, want.group);
      own.ipc = true;
      // In a pod the largest wish counts, and elsewhere the owner's.
      const bool owns = service.name == want.ipc_owner || !service.pod.empty();
      if (owns) own.shm_size = std::max(own.shm_size, service.shm_size);
    }
    if (!want.uts_owner.empty()) {
      DesiredSandbox& own = sandbox(want.uts_owner, want.group);
      own.uts = true;
      own.hostname = service.hostname;
      own.domainname = service.domainname;
    }
    // Who lives in the host's namespaces alone still has a user namespace.
    if (!want.group.empty() && want.net_owner.empty() && want.ipc_owner.empty() && want.uts_owner.empty())
      sandbox(service.name, want.group);
    if (service.network_mode.kind == Kind::own) join_networks(service, want.net_owner);
  }

  DesiredSandbox& sandbox(const std::string& owner, const std::string& group) {
    const auto [it, fresh] = desired_.sandboxes.try_emplace(owner);
    const auto service = groups_.find(owner);
    if (fresh) it->second.group = service == groups_.end() ? group : service->second;
    return it->second;
  }

  void join_networks(const ServiceSpec& service, const std::string& owner) {
    const std::string first = first_network(service);
    for (const auto& [key, attachment] : service.networks) {
      NetworkAttachment& joined = attachments_[key][owner];
      if (!attachment.ipv4_address.empty()) joined.ipv4_address = attachment.ipv4_address;
      if (!attachment.ipv6_address.empty()) joined.ipv6_address = attachment.ipv6_address;
      if (key == first && !service.mac_address.empty()) joined.mac_address = service.mac_address;
      if (!attachment.mac_address.empty()) joined.mac_address = attachment.mac_address;
      DesiredEndpoint& endpoint = desired_.sandboxes.at(owner).endpoints[key];
      endpoint.names.insert(endpoint.names.end(), attachment.aliases.begin(), attachment.aliases.end());
      if (service.bandwidth != Bandwidth{}) endpoint.bandwidth = service.bandwidth;
      join_interface(attachment, endpoint);
    }
  }

  // In a pod several services describe one interface: what one says and another leaves open holds.
  static void join_interface(const NetworkAttachment& attachment, DesiredEndpoint& endpoint) {
    if (!attachment.interface_name.empty()) endpoint.interface_name = attachment.interface_name;
    for (const std::string& address : attachment.link_local_ips)
      if (std::find(endpoint.link_local_ips.begin(), endpoint.link_local_ips.end(), address) ==
          endpoint.link_local_ips.end())
        endpoint.link_local_ips.push_back(address);
    for (const auto& [name, value] : attachment.sysctls) endpoint.sysctls[name] = value;
    if (attachment.priority != 0) endpoint.priority = attachment.priority;
    if (attachment.gw_priority != 0) endpoint.gw_priority = attachment.gw_priority;
  }

  Result<void> addresses() {
    std::map<std::string, std::map<std::string, net::Addresses>> kept;
    for (const auto& [key, owners] : attachments_) {
      auto given =
          TRY(net::assign_addresses(spec_.name, key, book_.networks.at(key), owners, book_.endpoints[key],
                                    net::allotment_of(spec_.networks.at(key))));
      for (const auto& [owner, address] : given) {
        DesiredEndpoint& endpoint = desired_.sandboxes.at(owner).endpoints.at(key);
        endpoint.veth = net::veth_ifname(spec_.name, owner, key);
        endpoint.ipv4 = address.ipv4;
        endpoint.ipv6 = address.ipv6;
        endpoint.mac = address.mac;
        endpoint.isolated = !desired_.networks.at(key).icc;
        endpoint.mtu = desired_.networks.at(key).mtu;
        endpoint.interface_prefix = spec_.networks.at(key).interface_prefix;
      }
      kept[key] = std::move(given);
    }
    book_.endpoints = std::move(kept);
    for (const auto& [name, service] : spec_.services) name_endpoints(service);
    for (auto& [owner, sandbox] : desired_.sandboxes) {
      lead_out(sandbox, &DesiredNetwork::gateway4, &DesiredEndpoint::gateway4);
      lead_out(sandbox, &DesiredNetwork::gateway6, &DesiredEndpoint::gateway6);
    }
    return {};
  }

  // One default route a family, through the network of the highest gw_priority that leads out; of equal ones
  // through the first by name.
  void lead_out(DesiredSandbox& sandbox, std::string DesiredNetwork::*gateway,
                std::string DesiredEndpoint::*way) const {
    DesiredEndpoint* best = nullptr;
    const std::string* through = nullptr;
    for (auto& [key, endpoint] : sandbox.endpoints) {
      const DesiredNetwork& network = desired_.networks.at(key);
      if (network.internal || (network.*gateway).empty()) continue;
      if (best != nullptr && endpoint.gw_priority <= best->gw_priority) continue;
      best = &endpoint;
      through = &(network.*gateway);
    }
    if (best != nullptr) best->*way = *through;
  }

  // Everybody in a network namespace is known by name on its networks, also those who joined another's.
  void name_endpoints(const ServiceSpec& service) {
    const std::string& owner = desired_.containers.at(service.name).net_owner;
    if (owner.empty()) return;
    for (auto& [key, endpoint] : desired_.sandboxes.at(owner).endpoints) {
      if (!is_one_off(service.name)) endpoint.names.push_back(service_behind(service.name));
      endpoint.names.push_back(service.container_name);
    }
  }

  void finish(DesiredSandbox& sandbox) const {
    std::string text = sandbox.group + (sandbox.net ? " net" : "") + (sandbox.ipc ? " ipc" : "") +
                       (sandbox.uts ? " uts" : "") + " " + sandbox.hostname + " " + sandbox.domainname +
                       (sandbox.shm_size == 0 ? "" : " shm " + std::to_string(sandbox.shm_size)) +
                       ids_of(sandbox.group);
    // Endpoints come and go while it lives; whether there is a resolver of ours is written into the
    // containers.
    if (!sandbox.endpoints.empty()) text += " attached";
    sandbox.hash = sha256_hex(text);
  }

  [[nodiscard]] std::string ids_of(const std::string& group) const {
    const auto it = input_.ids.find(group);
    return it == input_.ids.end() ? "" : " ids " + std::to_string(it->second.base);
  }

  void finish(DesiredContainer& container) const {
    std::string text = service_hash(container.keys) + ids_of(container.group);
    for (const std::string& owner : {container.net_owner, container.ipc_owner, container.uts_owner})
      text += " " + (owner.empty() ? "host" : desired_.sandboxes.at(owner).hash);
    container.hash = sha256_hex(text);
  }

  const ResolveInput& input_;
  const StackSpec& spec_;
  AddressBook& book_;
  std::map<std::string, std::string> groups_;
  std::map<std::string, std::map<std::string, NetworkAttachment>> attachments_;  // network -> owner
  Desired desired_;
};

void publish(const Desired& desired, const DesiredContainer& container, net::Firewall& firewall) {
  if (container.net_owner.empty() || !container.wanted_running) return;
  const auto& endpoints = desired.sandboxes.at(container.net_owner).endpoints;
  // By the way out, so that what answers is asked by the host itself; through an internal network only where
  // there is no other.
  const auto address = [&](std::string DesiredEndpoint::*family) {
    const auto rank = [&](const auto& entry) {
      return std::tuple(!(entry.second.*family).empty(), !desired.networks.at(entry.first).internal,
                        entry.second.gw_priority);
    };
    const auto via = std::max_element(endpoints.begin(), endpoints.end(),
                                      [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return via == endpoints.end() ? std::string() : via->second.*family;
  };
  const std::string ipv4 = address(&DesiredEndpoint::ipv4), ipv6 = address(&DesiredEndpoint::ipv6);
  if (ipv4.empty() && ipv6.empty()) return;
  for (const PublishedPort& port : container.spec->ports)
    firewall.ports.push_back({port.host_ip, port.published, port.target, port.protocol, ipv4, ipv6});
}

}  // namespace

std::map<std::string, std::string> sharing_groups(const StackSpec& spec) {
  std::map<std::string, std::string> parent;
  const std::function<std::string(const std::string&)> root = [&](const std::string& name) -> std::string {
    const auto it = parent.try_emplace(name, name).first;
    return it->second == name ? name : root(it->second);
  };
  // The smaller name leads, so that the group's name does not depend on the order of joining. A one-off never
  // does: who is there already keeps his user namespace when it comes.
  const auto join = [&](const std::string& a, const std::string& b) {
    const std::pair ra(is_one_off(root(a)), root(a)), rb(is_one_off(root(b)), root(b));
    parent[std::max(ra, rb).second] = std::min(ra, rb).second;
  };
  for (const auto& [name, service] : spec.services) {
    if (!service.pod.empty()) join(name, "pod:" + service.pod);
    for (const NamespaceMode* mode : {&service.network_mode, &service.ipc, &service.pid, &service.uts})
      if (mode->kind == Kind::service) join(name, mode->name);
  }
  std::map<std::string, std::string> groups;
  for (const auto& [name, service] : spec.services) groups[name] = service.userns_host ? "" : root(name);
  return groups;
}

Result<Desired> resolve(const ResolveInput& input, AddressBook& book) {
  return Resolver(input, book).run();
}

net::Firewall firewall_of(const Desired& desired) {
  net::Firewall firewall;
  firewall.project = desired.project;
  for (const auto& [key, network] : desired.networks)
    firewall.networks.push_back({network.bridge, network.subnet4, network.subnet6, network.internal,
                                 network.icc, network.masquerade});
  for (const auto& [service, container] : desired.containers) publish(desired, container, firewall);
  return firewall;
}

}  // namespace stack
