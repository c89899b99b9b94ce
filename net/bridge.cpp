#include "net/bridge.h"

#include <linux/if_bridge.h>

#include <cerrno>

#include "net/naming.h"
#include "net/rtnl.h"
#include "net/sysctl.h"

namespace stack::net {
namespace {

constexpr Prefix kLoopback6{{true, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, 128};

// A bridge without a MAC of its own takes the lowest of its ports, and changes it whenever a port comes or
// goes: the neighbours' entries for the gateway would be stale each time.
std::string mac_of(const Bridge& bridge) {
  return local_mac(bridge.owner.empty() ? name_hash({"bridge mac", bridge.ifname})
                                        : name_hash({"bridge mac", bridge.ifname, bridge.owner}));
}

// No spanning tree (a port would learn for 30 s before it forwards) and no snooping of multicast: with no
// querier on the network it loses the neighbour solicitations of IPv6.
void put_bridge(Message& message) {
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, "bridge");
    message.nest(IFLA_INFO_DATA, [&] {
      message.put32(IFLA_BR_FORWARD_DELAY, 0);
      message.put32(IFLA_BR_STP_STATE, 0);
      message.put8(IFLA_BR_MCAST_SNOOPING, 0);
    });
  });
}

Result<void> create(Netlink& route, const Bridge& bridge) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  message.put(IFLA_IFNAME, bridge.ifname);
  message.put32(IFLA_MTU, bridge.mtu);
  TRY(rtnl::put_mac(message, mac_of(bridge)));
  put_bridge(message);
  TRY(route.run(message, "create bridge \"" + bridge.ifname + "\"", {EEXIST}));
  // The gateway is reached by its own address; a link-local one would only add traffic to an idle host.
  Message quiet = rtnl::without_link_local(bridge.ifname);
  return route.run(quiet, "create bridge \"" + bridge.ifname + "\"", {EAFNOSUPPORT});
}

// By which every stack of the host sees that it is one of ours.
std::string alias_of(const Bridge& bridge) {
  return std::string(kBridgeAlias) + bridge.owner;
}

// The first of its settings that is not as it should be.
std::optional<Difference> difference_of_link(const rtnl::Link& link, const Bridge& bridge) {
  const auto differs = [&bridge](const std::string& expected, const std::string& found) {
    return Difference{bridge.ifname, expected, found};
  };
  if (!bridge.owner.empty() && link.alias != alias_of(bridge))
    return differs("alias \"" + alias_of(bridge) + "\"", "alias \"" + link.alias + "\"");
  if (!link.up()) return differs("up", "down");
  if (link.mtu != bridge.mtu)
    return differs("mtu " + std::to_string(bridge.mtu), "mtu " + std::to_string(link.mtu));
  if (link.mac != mac_of(bridge)) return differs("address " + mac_of(bridge), "address " + link.mac);
  if (link.stp != 0) return differs("no spanning tree", "spanning tree on");
  if (link.forward_delay != 0)
    return differs("forward delay 0", "forward delay " + std::to_string(link.forward_delay));
  if (link.multicast_snooping) return differs("multicast snooping off", "multicast snooping on");
  return std::nullopt;
}

// While the spanning tree is on, the kernel takes no forward delay of 0, and it looks at that attribute
// before it switches the tree off.
Result<void> end_spanning_tree(Netlink& route, const rtnl::Link& link) {
  Message message = rtnl::change_link(link.ifindex, rtnl::Up::leave);
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, "bridge");
    message.nest(IFLA_INFO_DATA, [&] { message.put32(IFLA_BR_STP_STATE, 0); });
  });
  return route.run(message, "end the spanning tree of bridge \"" + link.ifname + "\"");
}

Result<void> mend(Netlink& route, const rtnl::Link& link, const Bridge& bridge) {
  if (link.stp != 0) TRY(end_spanning_tree(route, link));
  Message message = rtnl::change_link(link.ifindex, rtnl::Up::bring);
  message.put32(IFLA_MTU, bridge.mtu);
  if (!bridge.owner.empty()) message.put(IFLA_IFALIAS, alias_of(bridge));
  TRY(rtnl::put_mac(message, mac_of(bridge)));
  put_bridge(message);
  return route.run(message, "set up bridge \"" + bridge.ifname + "\"");
}

// The MAC is ours from the message on that makes it, so that there is no moment in which our own could not be
// told. What is changed later of it may be changed by others as well.
bool is_ours(const rtnl::Link& link, const Bridge& bridge) {
  return bridge.owner.empty() || link.ifindex == bridge.made_as || link.mac == mac_of(bridge) ||
         link.alias == alias_of(bridge);
}

// Kernels before 6.2 rename no link that is up; mend() brings it up again.
Result<void> name_again(Netlink& route, const rtnl::Link& link, const std::string& ifname) {
  const std::string what = "rename bridge \"" + link.ifname + "\"";
  Message renaming = rtnl::change_link(link.ifindex, rtnl::Up::leave);
  renaming.put(IFLA_IFNAME, ifname);
  const Result<void> renamed = route.run(renaming, what);
  if (renamed || renamed.error().code != EBUSY) return renamed;
  Message down = rtnl::change_link(link.ifindex, rtnl::Up::take);
  TRY(route.run(down, what));
  return route.run(renaming, what);
}

// Under its name, or the one that somebody has given it since: left so, it would keep the addresses of the
// one that is made in its place.
Result<std::optional<rtnl::Link>> find(Netlink& route, const Bridge& bridge) {
  std::optional<rtnl::Link> link = TRY(rtnl::get_link(route, bridge.ifname));
  if (link) return link;
  for (const rtnl::Link& other : TRY(rtnl::list_links(route, "bridge"))) {
    if (other.ifindex != bridge.made_as && other.mac != mac_of(bridge)) continue;
    TRY(name_again(route, other, bridge.ifname));
    return rtnl::get_link(route, bridge.ifname);
  }
  return link;
}

}  // namespace

Result<int> bring_bridge(Netlink& route, const Bridge& bridge) {
  std::optional<rtnl::Link> link = TRY(find(route, bridge));
  const bool fresh = !link;
  if (fresh) {
    TRY(create(route, bridge));
    link = TRY(rtnl::get_link(route, bridge.ifname));
    if (!link) return os_error("look up bridge \"" + bridge.ifname + "\"", ENODEV);
  }
  if (link->kind != "bridge")
    return fault("link \"" + bridge.ifname + "\" is there, but is no bridge: rename or remove it");
  // It would be taken apart with the stack, and its settings are somebody's.
  if (!is_ours(*link, bridge))
    return fault("bridge \"" + bridge.ifname + "\" is there, but is not this stack's: choose another name");
  const std::vector<Prefix> wanted = TRY(rtnl::prefixes_of(bridge.address4, bridge.address6));
  // A host may switch IPv6 off for new links; ours has addresses of its own. A kernel without IPv6 has no
  // such file.
  if (!bridge.address6.empty()) TRY(set_sysctl("ipv6/conf/" + bridge.ifname + "/disable_ipv6", "0"));
  if (fresh || difference_of_link(*link, bridge)) TRY(mend(route, *link, bridge));
  if (!fresh) TRY(rtnl::drop_addresses_but(route, link->ifindex, wanted));

  std::vector<Message> adds;
  for (const Prefix& prefix : wanted) adds.push_back(rtnl::add_address(link->ifindex, prefix));
  // With an address comes its route, but not with one that is there already.
  if (!fresh)
    for (const Prefix& prefix : wanted) adds.push_back(rtnl::add_connected_route(link->ifindex, prefix));
  // The answer to a connection from ::1 comes in by the bridge with ::1 as its destination once NAT is
  // undone. The kernel looks loopback up strictly by the link it came in (rt6_need_strict), so that link
  // needs the route as well.
  if (!bridge.address6.empty()) adds.push_back(rtnl::add_loopback6_route(link->ifindex));
  TRY(rtnl::run_adds(route, adds, "addresses of bridge \"" + bridge.ifname + "\""));
  return link->ifindex;
}

Result<std::optional<Difference>> difference_of(const LinkReading& reading, const Bridge& bridge) {
  const auto differs = [&bridge](const std::string& expected, const std::string& found) {
    return std::optional(Difference{bridge.ifname, expected, found});
  };
  const rtnl::Link* const link = reading.find(bridge.ifname);
  if (link == nullptr) return differs("there", "gone");
  if (link->kind != "bridge") return differs("a bridge", "a link of kind \"" + link->kind + "\"");
  if (auto difference = difference_of_link(*link, bridge)) return difference;
  for (const Prefix& prefix : TRY(rtnl::prefixes_of(bridge.address4, bridge.address6))) {
    if (!reading.has_address(link->ifindex, prefix)) return differs("address " + to_string(prefix), "none");
    if (!reading.has_route(link->ifindex, RT_TABLE_MAIN, network_of(prefix)))
      return differs("route to " + to_string(network_of(prefix)), "none");
  }
  if (!bridge.address6.empty() && !reading.has_route(link->ifindex, RT_TABLE_LOCAL, kLoopback6))
    return differs("local route to ::1", "none");
  return std::optional<Difference>();
}

}  // namespace stack::net
