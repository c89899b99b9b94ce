#include "net/link_events.h"

#include <linux/netconf.h>

#include "net/rtnl.h"

namespace stack::net {
namespace {

// The fixed parts of these messages differ, but each holds the link's index.
template <typename Header>
const Header& fixed_part(const nlmsghdr* message) {
  return *static_cast<const Header*>(::nlmsg_data(message));
}

int link_of_route(const nlmsghdr* message) {
  return static_cast<int>(parse<RTA_MAX>(message, sizeof(rtmsg)).u32(RTA_OIF));
}

// A route more hurts nobody, unless it came in the place of another.
bool takes_a_route(const nlmsghdr* message) {
  return message->nlmsg_type == RTM_DELROUTE || (message->nlmsg_flags & NLM_F_REPLACE) != 0;
}

bool is_about(const nlmsghdr* message, const std::set<std::string>& names, const std::set<int>& indices) {
  switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      if (indices.contains(fixed_part<ifinfomsg>(message).ifi_index)) return true;
      return names.contains(parse<IFLA_MAX>(message, sizeof(ifinfomsg)).text(IFLA_IFNAME));
    }
    case RTM_DELADDR:
      return indices.contains(static_cast<int>(fixed_part<ifaddrmsg>(message).ifa_index));
    case RTM_NEWQDISC:
    case RTM_DELQDISC:
      return indices.contains(fixed_part<tcmsg>(message).tcm_ifindex);
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return takes_a_route(message) && indices.contains(link_of_route(message));
    case RTM_NEWNETCONF: {
      const auto changed = parse<NETCONFA_MAX>(message, sizeof(netconfmsg));
      const int index = static_cast<int>(changed.u32(NETCONFA_IFINDEX));
      return changed.at[NETCONFA_FORWARDING] && (index == NETCONFA_IFINDEX_ALL || indices.contains(index));
    }
    default:
      return false;
  }
}

}  // namespace

Result<LinkEvents> LinkEvents::open() {
  return LinkEvents(TRY(Listener::open(
      NETLINK_ROUTE, {RTNLGRP_LINK, RTNLGRP_TC, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                      RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF})));
}

Result<bool> LinkEvents::heard_of(const std::set<std::string>& names, const std::set<int>& indices) {
  bool heard = false;
  const Listener::Heard all = TRY(
      listener_.drain([&](const nlmsghdr* message) { heard = heard || is_about(message, names, indices); }));
  return heard || all == Listener::Heard::not_all;
}

}  // namespace stack::net
