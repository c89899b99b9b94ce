#include "core/reconcile/link_models.h"

namespace stack {
namespace {

std::string with_prefix(const std::string& address, const std::string& subnet) {
  return address.empty() ? "" : address + subnet.substr(subnet.find('/'));
}

}  // namespace

net::Bridge bridge_of(const World& world, const std::string& network) {
  const DesiredNetwork& want = world.desired.networks.at(network);
  const auto made = world.bridge_indices.find(network);
  return {want.bridge,
          with_prefix(want.gateway4, want.subnet4),
          with_prefix(want.gateway6, want.subnet6),
          want.mtu,
          want.claimed ? world.project : "",
          made == world.bridge_indices.end() ? 0 : made->second};
}

net::Endpoint endpoint_of(const World& world, const std::string& owner, const std::string& network) {
  const DesiredEndpoint& want = world.desired.sandboxes.at(owner).endpoints.at(network);
  const DesiredNetwork& on = world.desired.networks.at(network);
  net::Endpoint endpoint;
  endpoint.host_ifname = want.veth;
  endpoint.bridge = on.bridge;
  endpoint.mac = want.mac;
  endpoint.address4 = with_prefix(want.ipv4, on.subnet4);
  endpoint.address6 = with_prefix(want.ipv6, on.subnet6);
  endpoint.gateway4 = want.gateway4;
  endpoint.gateway6 = want.gateway6;
  endpoint.mtu = want.mtu;
  endpoint.bandwidth = want.bandwidth;
  endpoint.link_local = want.link_local_ips;
  endpoint.sysctls = want.sysctls;
  endpoint.isolated = want.isolated;
  return endpoint;
}

}  // namespace stack
