// Published ports of all services together.
#include "specs/checks.h"
#include "specs/effective.h"

namespace stack {
namespace {

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
  return std::to_string(port.published) + (port.protocol == "tcp" ? "" : "/" + port.protocol);
}

}  // namespace

void check_ports(const Draft& draft, Diagnostics& diagnostics) {
  std::multimap<std::pair<std::uint16_t, std::string>, Published> on_host;
  std::map<std::pair<std::string, std::string>, std::string> in_sandbox;
  for (const auto& [name, service] : draft.spec.services) {
    for (std::size_t i = 0; i < service.ports.size(); ++i) {
      const PublishedPort& port = service.ports[i];
      const Mark mark = place_of(draft.services, name, "ports." + std::to_string(i));
      const std::string target = std::to_string(port.target) + "/" + port.protocol;
      const std::string sandbox = network_owner(draft.spec, service);
      const auto owner = in_sandbox.try_emplace({sandbox, target}, name).first;
      if (owner->second != name) {
        error(diagnostics, mark, FaultCode::port_conflict,
              "port " + target + " of service \"" + name + "\" is that of service \"" + owner->second +
                  "\" too, whose network it shares");
      }
      if (port.published == 0 || port.published_last != 0) continue;  // a free one is picked
      const std::pair key(port.published, port.protocol);
      const auto [first, last] = on_host.equal_range(key);
      for (auto it = first; it != last; ++it) {
        const auto& [other, theirs] = it->second;
        if (!meet(theirs->host_ip, port.host_ip)) continue;
        error(diagnostics, mark, FaultCode::port_conflict,
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
