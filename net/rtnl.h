// The rtnetlink messages that bridges and endpoints have in common.
#pragma once

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/netlink.h"
#include "specs/result.h"

namespace stack::net::rtnl {

struct Link {
  int ifindex = 0;
  std::string ifname;
  unsigned flags = 0;  // IFF_*
  std::uint32_t mtu = 0;
  std::string mac;  // "02:..."
  int master = 0;
  int peer = 0;  // IFLA_LINK: a veth's other end, in that one's namespace
  std::string kind;
  std::string alias;
  // Of a bridge.
  std::uint32_t forward_delay = 0, stp = 0;
  bool multicast_snooping = false;
  // Of a bridge's port.
  bool isolated = false, learning = true;
  bool plain = true;       // every other setting that the bridge has for it is as the kernel makes a new port
  bool forwarding = true;  // false: held back by somebody, for a port without a carrier is told nothing

  [[nodiscard]] bool up() const { return (flags & IFF_UP) != 0; }
};

Link parse_link(const nlmsghdr* message);
// By name, without dumping the others.
Result<std::optional<Link>> get_link(Netlink& route, const std::string& ifname);
// Every link, or those of one kind only, which the kernel picks.
Result<std::vector<Link>> list_links(Netlink& route, const std::string& kind = {});

// A change to the link `ifindex`, to be filled with attributes; `up` also brings it up or down.
enum class Up { leave, bring, take };
Message change_link(int ifindex, Up up);
// The settings of `port` that Link::plain and Link::forwarding are about, to be put into
// IFLA_INFO_SLAVE_DATA.
void put_plain_port(Message& message, const Link& port);
// No link-local address, and with it none of the messages of IPv6's address configuration. Asked for while
// the link is down; a kernel without IPv6 answers EAFNOSUPPORT, and has none of them anyway.
Message without_link_local(const std::string& ifname);
Message delete_link(const std::string& ifname);
// "02:..." as six bytes.
Result<void> put_mac(Message& message, const std::string& mac);

struct Address {
  int ifindex = 0;
  Prefix prefix;
  unsigned scope = 0;  // RT_SCOPE_*
  bool ours = false;   // added by add_address
};
// Marked as ours (IFA_PROTO, Linux 5.18; older kernels ignore it) and usable at once: no duplicate address
// detection.
Message add_address(int ifindex, const Prefix& prefix);
Message delete_address(int ifindex, const Prefix& prefix);
Result<std::vector<Address>> list_addresses(Netlink& route);
// Takes away what add_address put on the link and `wanted` does not hold; what somebody else put there stays.
Result<void> drop_addresses_but(Netlink& route, int ifindex, const std::vector<Prefix>& wanted);

struct Route {
  bool v6 = false;
  unsigned table = 0, type = 0, protocol = 0;
  int out = 0;         // ifindex
  Prefix destination;  // length 0: the default route
  std::optional<Ip> gateway;
};
Message add_default_route(int ifindex, const Ip& gateway);
Message delete_default_route(int ifindex, const Ip& gateway);
// The way into the network of an address that the link has; the kernel makes it with the address.
Message add_connected_route(int ifindex, const Prefix& address);
// `::1` as a local address of `ifindex` too, see bridge.cpp.
Message add_loopback6_route(int ifindex);
Result<std::vector<Route>> list_routes(Netlink& route, int family);

// Sends them all; the first failure that is not "already there" is the error.
Result<void> run_adds(Netlink& route, std::span<Message> messages, const std::string& what);

// An address of a struct ("10.201.0.1/24"), where a malformed one is our caller's fault told in words.
Result<Prefix> prefix_of(const std::string& text);
// Of an IPv4 and an IPv6 text, either of which may be empty.
Result<std::vector<Prefix>> prefixes_of(const std::string& text4, const std::string& text6);
Result<Ip> ip_of(const std::string& text);

}  // namespace stack::net::rtnl
