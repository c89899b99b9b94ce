#include "core/reconcile/dns_views.h"

#include <algorithm>

namespace stack {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

void add_address(net::DnsView& view, const std::string& name, const std::string& address) {
  if (address.empty()) return;
  auto& addresses = view.names[lower(name)];
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
}

void add_network(net::DnsView& view, const Desired& desired, const std::string& network) {
  for (const auto& [owner, sandbox] : desired.sandboxes) {
    const auto endpoint = sandbox.endpoints.find(network);
    if (endpoint == sandbox.endpoints.end()) continue;
    for (const std::string& name : endpoint->second.names) {
      add_address(view, name, endpoint->second.ipv4);
      add_address(view, name, endpoint->second.ipv6);
    }
  }
}

// Names that the services in the namespace of `owner` alone have for others. They go before what everybody
// calls so: who links "db:cache" means this one.
void add_links(net::DnsView& view, const Desired& desired, const std::string& owner) {
  net::DnsView links;
  for (const auto& [service, container] : desired.containers) {
    if (container.net_owner != owner) continue;
    for (const ServiceLink& link : container.spec->links) {
      const auto other = desired.containers.find(link.service);
      if (other == desired.containers.end() || other->second.net_owner.empty()) continue;
      const DesiredSandbox& theirs = desired.sandboxes.at(other->second.net_owner);
      for (const auto& [network, endpoint] : desired.sandboxes.at(owner).endpoints) {
        const auto met = theirs.endpoints.find(network);
        if (met == theirs.endpoints.end()) continue;
        add_address(links, link.alias, met->second.ipv4);
        add_address(links, link.alias, met->second.ipv6);
      }
    }
  }
  for (auto& [name, addresses] : links.names) view.names[name] = std::move(addresses);
}

}  // namespace

std::shared_ptr<const net::DnsView> dns_view(const Desired& desired, const std::string& owner) {
  auto view = std::make_shared<net::DnsView>();
  const DesiredSandbox& sandbox = desired.sandboxes.at(owner);
  bool leads_out = false;
  for (const auto& [network, endpoint] : sandbox.endpoints) {
    add_network(*view, desired, network);
    view->search.push_back(desired.project + "_" + network);
    leads_out = leads_out || !desired.networks.at(network).internal;
  }
  add_links(*view, desired, owner);
  if (!leads_out) return view;
  for (const auto& [service, container] : desired.containers)
    if (container.net_owner == owner)
      view->upstreams.insert(view->upstreams.end(), container.spec->dns.begin(), container.spec->dns.end());
  if (view->upstreams.empty()) view->upstreams = net::host_nameservers();
  return view;
}

}  // namespace stack
