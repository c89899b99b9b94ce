// With br_netfilter on, a frame that comes in by a bridge's port meets the rules of IP before it reaches IP.
// NAT then rewrites it too early: the answer to a connection from ::1 has ::1 as its destination when
// ip6_rcv() sees it, which drops it as a forgery, and who asks for a port that he publishes himself is sent
// back through the port he came from, which a bridge refuses. The host-wide switch overrides that of a
// bridge, so ours are free of it only when it is off. Others that rely on it (Docker without inter-container
// communication, kube-proxy) keep it on the bridges they have, and set the switch themselves when they start.
#include "net/bridge_netfilter.h"

#include <linux/if_link.h>

#include <cerrno>
#include <vector>

#include "net/naming.h"
#include "net/netlink.h"
#include "net/rtnl.h"
#include "net/sysctl.h"

namespace stack::net {
namespace {

struct Switch {
  const char* sysctl;
  int attribute;
};
constexpr Switch kSwitches[] = {
    {"bridge/bridge-nf-call-iptables", IFLA_BR_NF_CALL_IPTABLES},
    {"bridge/bridge-nf-call-ip6tables", IFLA_BR_NF_CALL_IP6TABLES},
};

Result<std::vector<Switch>> switches_on() {
  std::vector<Switch> on;
  for (const Switch& one : kSwitches) {
    const auto value = read_sysctl(one.sysctl);
    if (!value && value.error().code == ENOENT) continue;  // br_netfilter is not there
    if (!value) return value.error();
    if (*value != "0") on.push_back(one);
  }
  return on;
}

Message keep_on(const rtnl::Link& bridge, const std::vector<Switch>& switches) {
  Message message = rtnl::change_link(bridge.ifindex, rtnl::Up::leave);
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, "bridge");
    message.nest(IFLA_INFO_DATA, [&] {
      for (const Switch& one : switches) message.put8(one.attribute, 1);
    });
  });
  return message;
}

}  // namespace

Result<void> confine_bridge_netfilter() {
  const std::vector<Switch> on = TRY(switches_on());
  if (on.empty()) return {};
  Netlink route = TRY(Netlink::open(NETLINK_ROUTE));
  for (const rtnl::Link& bridge : TRY(rtnl::list_links(route, "bridge"))) {
    if (bridge.ifname.starts_with(kBridgePrefix) || bridge.alias.starts_with(kBridgeAlias)) continue;
    Message message = keep_on(bridge, on);
    TRY(route.run(message, "keep br_netfilter on \"" + bridge.ifname + "\"", {ENODEV}));
  }
  for (const Switch& one : on) TRY(set_sysctl(one.sysctl, "0"));
  return {};
}

}  // namespace stack::net
