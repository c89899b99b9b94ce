#include "net/endpoint.h"

#include <linux/if_bridge.h>
#include <linux/veth.h>

#include <algorithm>
#include <cerrno>

#include "net/bandwidth.h"
#include "net/netns.h"
#include "net/rtnl.h"
#include "net/sysctl.h"

namespace stack::net {
namespace {

void put_peer(Message& message, int netns, const Endpoint& endpoint, Result<void>& mac) {
  const ifinfomsg unnumbered{};
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, "veth");
    message.nest(IFLA_INFO_DATA, [&] {
      message.nest(VETH_INFO_PEER, [&] {
        message.append(&unnumbered, sizeof unnumbered);
        message.put(IFLA_IFNAME, endpoint.container_ifname);
        message.put32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(netns));
        message.put32(IFLA_MTU, endpoint.mtu);
        mac = rtnl::put_mac(message, endpoint.mac);
      });
    });
  });
}

// What is switched between two isolated ports is dropped by the bridge itself: no rule of a firewall sees it.
void put_isolation(Message& message, bool isolated) {
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_SLAVE_KIND, "bridge");
    message.nest(IFLA_INFO_SLAVE_DATA, [&] { message.put8(IFLA_BRPORT_ISOLATED, isolated ? 1 : 0); });
  });
}

// Both ends and the bridge's port, in one message. The host's end is brought up last.
Message create_veth(int netns, int bridge, const Endpoint& endpoint, Result<void>& mac) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  message.put(IFLA_IFNAME, endpoint.host_ifname);
  message.put32(IFLA_MTU, endpoint.mtu);
  message.put32(IFLA_MASTER, static_cast<std::uint32_t>(bridge));
  put_peer(message, netns, endpoint, mac);
  return message;
}

Result<void> create(Netlink& route, int netns, int bridge, const Endpoint& endpoint) {
  Result<void> mac;
  std::vector<Message> steps;
  steps.push_back(create_veth(netns, bridge, endpoint, mac));
  TRY(mac);
  steps.push_back(rtnl::without_link_local(endpoint.host_ifname));  // a port needs no address
  steps.push_back(rtnl::change_link(0, rtnl::Up::bring));
  steps.back().put(IFLA_IFNAME, endpoint.host_ifname);
  if (endpoint.isolated) put_isolation(steps.back(), true);  // which the kernel sets before the link is up
  const std::string what = "create veth \"" + endpoint.host_ifname + "\"";
  for (const Ack& ack : TRY(route.run_all(steps).with(what)))
    if (ack.error != 0 && ack.error != EAFNOSUPPORT) return ack.to_error(what);
  return {};
}

Result<void> mend_port(Netlink& route, const rtnl::Link& port, int bridge, std::uint32_t mtu) {
  const bool same_port = port.master == bridge && port.plain && port.forwarding;
  if (same_port && port.up() && port.mtu == mtu) return {};
  Message message = rtnl::change_link(port.ifindex, rtnl::Up::bring);
  message.put32(IFLA_MASTER, static_cast<std::uint32_t>(bridge));
  message.put32(IFLA_MTU, mtu);
  TRY(route.run(message, "set up veth \"" + port.ifname + "\""));
  if (port.plain && port.forwarding) return {};
  Message settings = rtnl::change_link(port.ifindex, rtnl::Up::leave);
  settings.nest(IFLA_LINKINFO, [&] {
    settings.put(IFLA_INFO_SLAVE_KIND, "bridge");
    settings.nest(IFLA_INFO_SLAVE_DATA, [&] { rtnl::put_plain_port(settings, port); });
  });
  return route.run(settings, "set up port \"" + port.ifname + "\"");
}

Result<void> isolate_port(Netlink& route, const rtnl::Link& port, bool isolated) {
  if (port.isolated == isolated) return {};
  Message message = rtnl::change_link(port.ifindex, rtnl::Up::leave);
  put_isolation(message, isolated);
  return route.run(message, "isolate veth \"" + port.ifname + "\"");
}

// Seen from inside the container's namespace.
class Inside {
 public:
  static Result<Inside> open(const Endpoint& endpoint) {
    return Inside(TRY(Netlink::open(NETLINK_ROUTE)), endpoint);
  }

  // Whether the container's end is there and is this endpoint's.
  Result<bool> find() {
    const auto link = TRY(rtnl::get_link(route_, endpoint_.container_ifname));
    if (!link || link->mac != endpoint_.mac) return false;
    ifindex_ = link->ifindex;
    return true;
  }

  Result<void> remove() {
    Message message = rtnl::delete_link(endpoint_.container_ifname);
    return route_.run(message, "remove link \"" + endpoint_.container_ifname + "\"", {ENODEV});
  }

  Result<void> bring() {
    if (!endpoint_.address6.empty()) TRY(refuse_advertisements());
    for (const auto& [name, value] : endpoint_.sysctls)
      TRY(set_sysctl(interface_sysctl(name, endpoint_.container_ifname), value));
    TRY(drop_other_ways_out());
    std::vector<Message> steps;
    steps.push_back(rtnl::change_link(ifindex_, rtnl::Up::bring));
    steps.back().put32(IFLA_MTU, endpoint_.mtu);
    for (const Prefix& address : TRY(addresses())) steps.push_back(rtnl::add_address(ifindex_, address));
    for (const Ip& gateway : TRY(gateways())) steps.push_back(rtnl::add_default_route(ifindex_, gateway));
    return rtnl::run_adds(route_, steps, "set up \"" + endpoint_.container_ifname + "\"");
  }

  Result<void> limit() { return limit_rate(route_, ifindex_, endpoint_.bandwidth.egress); }

  // An endpoint that was there before may have addresses and a way out that it no longer should have.
  Result<void> drop_old() {
    TRY(rtnl::drop_addresses_but(route_, ifindex_, TRY(addresses())));
    const std::vector<Ip> ways = TRY(gateways());
    for (const rtnl::Route& route : TRY(rtnl::list_routes(route_, AF_UNSPEC))) {
      if (route.out != ifindex_ || route.destination.length != 0 || !route.gateway) continue;
      if (std::find(ways.begin(), ways.end(), *route.gateway) != ways.end()) continue;
      Message message = rtnl::delete_default_route(ifindex_, *route.gateway);
      TRY(route_.run(message, "delete default route", {ESRCH}));
    }
    return {};
  }

 private:
  Inside(Netlink route, const Endpoint& endpoint) : route_(std::move(route)), endpoint_(endpoint) {}

  // Addresses and the way out are what the file says; a neighbour's router advertisement must not add to
  // them.
  [[nodiscard]] Result<void> refuse_advertisements() const {
    const std::string conf = "ipv6/conf/" + endpoint_.container_ifname + "/";
    TRY(set_sysctl(conf + "disable_ipv6", "0"));
    return set_sysctl(conf + "accept_ra", "0");
  }

  // The way out may have been another endpoint's until now. What the container itself has put in its place (a
  // tunnel's) is of another protocol, and stays.
  [[nodiscard]] Result<void> drop_other_ways_out() {
    const std::vector<Ip> ways = TRY(gateways());
    if (ways.empty()) return {};
    for (const rtnl::Route& route : TRY(rtnl::list_routes(route_, AF_UNSPEC))) {
      const bool is_default = route.destination.length == 0 && route.gateway && route.table == RT_TABLE_MAIN;
      if (!is_default || route.out == ifindex_ || route.protocol != RTPROT_STATIC) continue;
      const auto same_family = [&](const Ip& way) { return way.v6 == route.v6; };
      if (std::none_of(ways.begin(), ways.end(), same_family)) continue;
      Message message = rtnl::delete_default_route(route.out, *route.gateway);
      TRY(route_.run(message, "delete default route", {ESRCH}));
    }
    return {};
  }

  [[nodiscard]] Result<std::vector<Prefix>> addresses() const {
    std::vector<Prefix> all = TRY(rtnl::prefixes_of(endpoint_.address4, endpoint_.address6));
    for (const std::string& text : endpoint_.link_local) {
      const Ip ip = TRY(rtnl::ip_of(text));
      all.push_back({ip, ip.v6 ? 64U : 16U});
    }
    return all;
  }

  [[nodiscard]] Result<std::vector<Ip>> gateways() const {
    std::vector<Ip> wanted;
    for (const std::string& text : {endpoint_.gateway4, endpoint_.gateway6})
      if (!text.empty()) wanted.push_back(TRY(rtnl::ip_of(text)));
    return wanted;
  }

  Netlink route_;
  const Endpoint& endpoint_;
  int ifindex_ = 0;
};

enum class Found { nothing, same };

// What is left of another endpoint (its peer gone to another namespace, another MAC) is removed, not mended.
Result<Found> mend_existing(Netlink& route, int netns, int home, int bridge, const Endpoint& endpoint) {
  const auto port = TRY(rtnl::get_link(route, endpoint.host_ifname));
  if (!port) return Found::nothing;
  bool same = false;
  if (port->kind == "veth") {
    const InNetns inside = TRY(InNetns::enter(netns, home));
    Inside container = TRY(Inside::open(endpoint));
    same = TRY(container.find());
    if (same) TRY(container.drop_old());
  }
  if (same) {
    TRY(mend_port(route, *port, bridge, endpoint.mtu));
    return Found::same;
  }
  Message message = rtnl::delete_link(endpoint.host_ifname);
  TRY(route.run(message, "remove link \"" + endpoint.host_ifname + "\"", {ENODEV}));
  return Found::nothing;
}

// Somebody has renamed the host's end, or moved it to another namespace: the container's end still has its
// name. With one end goes the other, wherever that is.
Result<void> remove_container_end(int netns, int home, const Endpoint& endpoint) {
  const InNetns inside = TRY(InNetns::enter(netns, home));
  Inside container = TRY(Inside::open(endpoint));
  return TRY(container.find()) ? container.remove() : Result<void>();
}

Result<void> create_anew(Netlink& route, int netns, int home, int bridge, const Endpoint& endpoint) {
  const Result<void> created = create(route, netns, bridge, endpoint);
  if (created || created.error().code != EEXIST) return created;
  TRY(remove_container_end(netns, home, endpoint));
  return create(route, netns, bridge, endpoint);
}

// A new link has no limit that the file may have lost since.
bool needs_limiting(Found found, std::uint64_t bits_per_second) {
  return found == Found::same || bits_per_second != 0;
}

}  // namespace

Result<void> bring_endpoint(Netlink& route, int netns, int home, const Endpoint& endpoint) {
  const auto bridge = TRY(rtnl::get_link(route, endpoint.bridge));
  if (!bridge) return os_error("look up bridge \"" + endpoint.bridge + "\"", ENODEV);
  const Found found = TRY(mend_existing(route, netns, home, bridge->ifindex, endpoint));
  if (found == Found::nothing) TRY(create_anew(route, netns, home, bridge->ifindex, endpoint));
  {
    const InNetns inside = TRY(InNetns::enter(netns, home));
    Inside container = TRY(Inside::open(endpoint));
    if (!TRY(container.find())) return os_error("look up \"" + endpoint.container_ifname + "\"", ENODEV);
    TRY(container.bring());
    if (needs_limiting(found, endpoint.bandwidth.egress)) TRY(container.limit());
  }
  if (!needs_limiting(found, endpoint.bandwidth.ingress)) return {};
  const auto port = TRY(rtnl::get_link(route, endpoint.host_ifname));
  if (!port) return os_error("look up veth \"" + endpoint.host_ifname + "\"", ENODEV);
  TRY(isolate_port(route, *port, endpoint.isolated));
  return limit_rate(route, port->ifindex, endpoint.bandwidth.ingress);
}

std::optional<Difference> difference_of(const LinkReading& reading, const Endpoint& endpoint) {
  const auto differs = [&endpoint](const std::string& expected, const std::string& found) {
    return std::optional(Difference{endpoint.host_ifname, expected, found});
  };
  const rtnl::Link* const port = reading.find(endpoint.host_ifname);
  if (port == nullptr) return differs("there", "gone");
  const rtnl::Link* const bridge = reading.find(endpoint.bridge);
  if (bridge == nullptr || port->master != bridge->ifindex)
    return differs("a port of " + endpoint.bridge, "a port of " + reading.name_of(port->master));
  if (!port->up()) return differs("up", "down");
  if (port->mtu != endpoint.mtu)
    return differs("mtu " + std::to_string(endpoint.mtu), "mtu " + std::to_string(port->mtu));
  if (port->isolated != endpoint.isolated)
    return differs(endpoint.isolated ? "isolated" : "not isolated",
                   port->isolated ? "isolated" : "not isolated");
  if (!port->plain) return differs("a plain port", "a port with other settings");
  if (bridge->up() && !port->forwarding) return differs("forwarding", "held back");
  const std::uint64_t rate = endpoint.bandwidth.ingress;
  if (rate != 0 && !reading.has_rate(port->ifindex, rate_limit_of(rate)))
    return differs("a rate limit of " + std::to_string(rate) + " bit/s", "none or another");
  return std::nullopt;
}

}  // namespace stack::net
