#include "net/links.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "core/sys/files.h"
#include "core/sys/unique_fd.h"
#include "net/bridge.h"
#include "net/endpoint.h"
#include "net/netlink.h"
#include "net/rtnl.h"

namespace stack::net {

struct Links::Socket {
  Netlink route;
  UniqueFd home;  // the namespace that the socket is in
};

Result<Links> Links::open() {
  UniqueFd home = TRY(open_fd("/proc/thread-self/ns/net", O_RDONLY));
  return Links(std::make_unique<Socket>(Socket{TRY(Netlink::open(NETLINK_ROUTE)), std::move(home)}));
}

Links::Links(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
Links::Links(Links&&) noexcept = default;
Links& Links::operator=(Links&&) noexcept = default;
Links::~Links() = default;

Result<int> Links::ensure_bridge(const Bridge& bridge) {
  return bring_bridge(socket_->route, bridge);
}

Result<void> Links::remove_link(const std::string& ifname) {
  Message message = rtnl::delete_link(ifname);
  return socket_->route.run(message, "remove link \"" + ifname + "\"", {ENODEV});
}

Result<void> Links::ensure_endpoint(int netns, const Endpoint& endpoint) {
  return bring_endpoint(socket_->route, netns, socket_->home.get(), endpoint);
}

Result<Links::Comparison> Links::compare(const std::vector<Bridge>& bridges,
                                         const std::vector<Endpoint>& endpoints) {
  const bool limited = std::any_of(endpoints.begin(), endpoints.end(),
                                   [](const Endpoint& one) { return one.bandwidth.ingress != 0; });
  const auto rates = limited ? LinkReading::Rates::take : LinkReading::Rates::leave;
  const LinkReading reading = TRY(LinkReading::take(socket_->route, rates));
  Comparison comparison;
  const auto note = [&](const std::string& ifname, std::optional<Difference> difference) {
    if (const rtnl::Link* const link = reading.find(ifname)) comparison.indices.insert(link->ifindex);
    if (difference) comparison.differences.push_back(*std::move(difference));
  };
  for (const Bridge& bridge : bridges) {
    std::optional<Difference> difference = TRY(difference_of(reading, bridge));
    if (!difference) difference = TRY(forwarding_difference(bridge));
    note(bridge.ifname, std::move(difference));
  }
  for (const Endpoint& endpoint : endpoints) note(endpoint.host_ifname, difference_of(reading, endpoint));
  return comparison;
}

Result<std::vector<LinkState>> Links::list() {
  const std::vector<rtnl::Link> links = TRY(rtnl::list_links(socket_->route));
  std::map<int, std::string> names;
  for (const rtnl::Link& link : links) names[link.ifindex] = link.ifname;
  std::vector<LinkState> states;
  for (const rtnl::Link& link : links) {
    const auto master = names.find(link.master);
    states.push_back({link.ifname, link.ifindex, link.up(), link.kind,
                      master == names.end() ? "" : master->second, link.mtu});
  }
  return states;
}

Result<std::vector<std::string>> Links::networks_in_use() {
  std::set<std::string> networks;
  const auto note = [&networks](const Prefix& prefix) {
    if (prefix.length != 0) networks.insert(to_string(network_of(prefix)));
  };
  for (const rtnl::Address& address : TRY(rtnl::list_addresses(socket_->route)))
    if (address.scope != RT_SCOPE_LINK && address.scope != RT_SCOPE_HOST) note(address.prefix);
  for (const rtnl::Route& route : TRY(rtnl::list_routes(socket_->route, AF_UNSPEC)))
    if (route.table != RT_TABLE_LOCAL && route.type == RTN_UNICAST) note(route.destination);
  return std::vector<std::string>(networks.begin(), networks.end());
}

}  // namespace stack::net
