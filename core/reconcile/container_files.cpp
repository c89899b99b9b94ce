#include "core/reconcile/container_files.h"

#include "core/sys/files.h"
#include "specs/text.h"

namespace stack {
namespace {

const DesiredSandbox* network_of(const Desired& desired, const DesiredContainer& container) {
  const auto it = desired.sandboxes.find(container.net_owner);
  return it == desired.sandboxes.end() ? nullptr : &it->second;
}

// What `host-gateway` stands for: the host as seen from the container's first network.
std::string host_gateway(const Desired& desired, const DesiredSandbox* sandbox) {
  if (sandbox == nullptr || sandbox->endpoints.empty()) return "127.0.0.1";
  const DesiredNetwork& first = desired.networks.at(sandbox->endpoints.begin()->first);
  return first.gateway4.empty() ? first.gateway6 : first.gateway4;
}

}  // namespace

std::string hosts_file(const Desired& desired, const DesiredContainer& container,
                       const std::string& hostname) {
  const DesiredSandbox* sandbox = network_of(desired, container);
  const std::string& domain = container.spec->domainname;
  const std::string names = (domain.empty() ? "" : hostname + "." + domain + " ") + hostname + "\n";
  std::string text = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";
  if (sandbox != nullptr) {
    for (const auto& [network, endpoint] : sandbox->endpoints) {
      for (const std::string& address : {endpoint.ipv4, endpoint.ipv6})
        if (!address.empty()) text += address + " " + names;
    }
    if (sandbox->endpoints.empty()) text += "127.0.1.1 " + names;
  }
  for (const auto& [name, addresses] : container.spec->extra_hosts)
    for (const std::string& address : addresses)
      text += (address == "host-gateway" ? host_gateway(desired, sandbox) : address) + " " + name + "\n";
  return text;
}

std::string resolv_conf(const Desired& desired, const DesiredContainer& container) {
  const ServiceSpec& spec = *container.spec;
  const DesiredSandbox* sandbox = network_of(desired, container);
  std::string text;
  if (sandbox != nullptr && !sandbox->endpoints.empty()) {
    text = "nameserver 127.0.0.11\n";
  } else if (!spec.dns.empty()) {
    for (const std::string& server : spec.dns) text += "nameserver " + server + "\n";
  } else if (container.net_owner.empty()) {
    const auto host = read_file("/etc/resolv.conf");
    if (host) text = *host;
  }
  if (!spec.dns_search.empty()) text += "search " + joined(spec.dns_search, " ") + "\n";
  if (!spec.dns_opt.empty()) text += "options " + joined(spec.dns_opt, " ") + "\n";
  return text;
}

}  // namespace stack
