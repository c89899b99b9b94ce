#include "net/rtnl.h"

#include <linux/if_bridge.h>
#include <netinet/ether.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#ifndef IFA_PROTO  // Linux 5.18
#define IFA_PROTO 11
#endif

namespace stack::net::rtnl {
namespace {

constexpr unsigned kLowerUp = 1U << 16;  // IFF_LOWER_UP: <linux/if.h> does not go with <net/if.h>
constexpr std::uint8_t kOurAddressProtocol = 0x73;
constexpr Prefix kLinkLocal4{{false, {169, 254}}, 16};
constexpr std::uint32_t kDefaultMetric6 = 1024;   // that of `ip -6 route add`
constexpr std::uint32_t kConnectedMetric6 = 256;  // that which the kernel gives with an address
constexpr std::uint32_t kLoopbackMetric6 =
    4096;  // and the link's index: after the route by lo, whose metric is 0

// Of a bridge's port: what is on, and what is off, where nobody has asked for anything.
constexpr std::initializer_list<int> kFlooding = {IFLA_BRPORT_LEARNING, IFLA_BRPORT_UNICAST_FLOOD,
                                                  IFLA_BRPORT_MCAST_FLOOD, IFLA_BRPORT_BCAST_FLOOD};
constexpr std::initializer_list<int> kRestraints = {IFLA_BRPORT_MODE, IFLA_BRPORT_GUARD, IFLA_BRPORT_PROTECT,
                                                    IFLA_BRPORT_PROXYARP};

std::string format_mac(nlattr* attribute) {
  if (!attribute || ::nla_len(attribute) != ETH_ALEN) return {};
  ether_addr address{};
  std::memcpy(&address, ::nla_data(attribute), sizeof address);
  char text[sizeof "00:00:00:00:00:00"];
  const auto& o = address.ether_addr_octet;
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3], o[4], o[5]);
  return text;
}

// What an older kernel does not tell cannot differ.
bool is_plain(const Parsed<IFLA_BRPORT_MAX>& port) {
  const auto all = [&port](std::initializer_list<int> attributes, std::uint8_t value) {
    return std::all_of(attributes.begin(), attributes.end(),
                       [&](int one) { return !port.at[one] || port.u8(one) == value; });
  };
  return all(kFlooding, 1) && all(kRestraints, 0);
}

void parse_kind(nlattr* attribute, Link& link) {
  const auto info = parse_nested<IFLA_INFO_MAX>(attribute);
  link.kind = info.text(IFLA_INFO_KIND);
  if (link.kind == "bridge") {
    const auto bridge = parse_nested<IFLA_BR_MAX>(info.at[IFLA_INFO_DATA]);
    link.forward_delay = bridge.u32(IFLA_BR_FORWARD_DELAY);
    link.stp = bridge.u32(IFLA_BR_STP_STATE);
    link.multicast_snooping = bridge.u8(IFLA_BR_MCAST_SNOOPING) != 0;
  }
  if (info.text(IFLA_INFO_SLAVE_KIND) == "bridge") {
    const auto port = parse_nested<IFLA_BRPORT_MAX>(info.at[IFLA_INFO_SLAVE_DATA]);
    link.isolated = port.u8(IFLA_BRPORT_ISOLATED) != 0;
    link.learning = port.u8(IFLA_BRPORT_LEARNING) != 0;
    link.plain = is_plain(port);
    const std::uint8_t state = port.u8(IFLA_BRPORT_STATE);
    const bool held = state == BR_STATE_DISABLED || state == BR_STATE_BLOCKING;
    link.forwarding = !held || !port.at[IFLA_BRPORT_STATE] || (link.flags & kLowerUp) == 0;
  }
}

std::optional<Ip> parse_address(nlattr* attribute, bool v6) {
  Ip ip;
  ip.v6 = v6;
  if (!attribute || static_cast<unsigned>(::nla_len(attribute)) != ip.size()) return std::nullopt;
  std::memcpy(ip.bytes.data(), ::nla_data(attribute), ip.size());
  return ip;
}

Message link_request() {
  Message request(RTM_GETLINK, 0, ifinfomsg{});
  request.put32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return request;
}

Message address_message(int type, int flags, int ifindex, const Prefix& prefix) {
  ifaddrmsg header{};
  header.ifa_family = prefix.ip.v6 ? AF_INET6 : AF_INET;
  header.ifa_prefixlen = static_cast<std::uint8_t>(prefix.length);
  header.ifa_index = static_cast<unsigned>(ifindex);
  if (contains(kLinkLocal4, prefix.ip)) header.ifa_scope = RT_SCOPE_LINK;  // never the source of what leaves
  Message message(type, flags, header);
  message.put(IFA_LOCAL, prefix.ip.bytes.data(), prefix.ip.size());
  message.put(IFA_ADDRESS, prefix.ip.bytes.data(), prefix.ip.size());
  return message;
}

Message default_route(int type, int flags, int ifindex, const Ip& gateway) {
  rtmsg header{};
  header.rtm_family = gateway.v6 ? AF_INET6 : AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  Message message(type, flags, header);
  message.put(RTA_GATEWAY, gateway.bytes.data(), gateway.size());
  message.put32(RTA_OIF, static_cast<std::uint32_t>(ifindex));
  if (gateway.v6) message.put32(RTA_PRIORITY, kDefaultMetric6);
  return message;
}

}  // namespace

Link parse_link(const nlmsghdr* message) {
  const auto* header = static_cast<const ifinfomsg*>(::nlmsg_data(message));
  const auto parsed = parse<IFLA_MAX>(message, sizeof *header);
  Link link;
  link.ifindex = header->ifi_index;
  link.flags = header->ifi_flags;
  link.ifname = parsed.text(IFLA_IFNAME);
  link.alias = parsed.text(IFLA_IFALIAS);
  link.mtu = parsed.u32(IFLA_MTU);
  link.master = static_cast<int>(parsed.u32(IFLA_MASTER));
  link.peer = static_cast<int>(parsed.u32(IFLA_LINK));
  link.mac = format_mac(parsed.at[IFLA_ADDRESS]);
  parse_kind(parsed.at[IFLA_LINKINFO], link);
  return link;
}

Result<std::optional<Link>> get_link(Netlink& route, const std::string& ifname) {
  Message request = link_request();
  request.put(IFLA_IFNAME, ifname);
  std::optional<Link> link;
  TRY(route.get(request, "look up link \"" + ifname + "\"", ENODEV,
                [&](const nlmsghdr* message) { link = parse_link(message); }));
  return link;
}

Result<std::vector<Link>> list_links(Netlink& route, const std::string& kind) {
  Message request = link_request();
  if (!kind.empty()) request.nest(IFLA_LINKINFO, [&] { request.put(IFLA_INFO_KIND, kind); });
  std::vector<Link> links;
  TRY(route.dump(
      request, "list links", [&] { links.clear(); },
      [&](const nlmsghdr* message) {
        Link link = parse_link(message);
        // Kernels before 4.6 know no filter and send all.
        if (kind.empty() || link.kind == kind) links.push_back(std::move(link));
      }));
  return links;
}

Message change_link(int ifindex, Up up) {
  ifinfomsg header{};
  header.ifi_index = ifindex;
  if (up != Up::leave) header.ifi_change = IFF_UP;
  if (up == Up::bring) header.ifi_flags = IFF_UP;
  return {RTM_NEWLINK, 0, header};
}

void put_plain_port(Message& message, const Link& port) {
  for (const int attribute : kFlooding) message.put8(attribute, 1);
  for (const int attribute : kRestraints) message.put8(attribute, 0);
  if (!port.forwarding) message.put8(IFLA_BRPORT_STATE, BR_STATE_FORWARDING);
}

Message without_link_local(const std::string& ifname) {
  Message message(RTM_NEWLINK, 0, ifinfomsg{});
  message.put(IFLA_IFNAME, ifname);
  message.nest(IFLA_AF_SPEC, [&] {
    message.nest(AF_INET6, [&] { message.put8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
  });
  return message;
}

Message delete_link(const std::string& ifname) {
  Message message(RTM_DELLINK, 0, ifinfomsg{});
  message.put(IFLA_IFNAME, ifname);
  return message;
}

Result<void> put_mac(Message& message, const std::string& mac) {
  ether_addr address{};
  if (!::ether_aton_r(mac.c_str(), &address)) return fault("not a hardware address: \"" + mac + "\"");
  message.put(IFLA_ADDRESS, &address, sizeof address);
  return {};
}

Message add_address(int ifindex, const Prefix& prefix) {
  Message message = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, prefix);
  message.put8(IFA_PROTO, kOurAddressProtocol);
  if (prefix.ip.v6) {
    message.put32(IFA_FLAGS, IFA_F_NODAD);
  } else {
    Ip broadcast = prefix.ip;
    for (unsigned bit = prefix.length; bit < 32; ++bit)
      broadcast.bytes[bit / 8] = static_cast<std::uint8_t>(broadcast.bytes[bit / 8] | (0x80U >> (bit % 8)));
    message.put(IFA_BROADCAST, broadcast.bytes.data(), broadcast.size());
  }
  return message;
}

Message delete_address(int ifindex, const Prefix& prefix) {
  return address_message(RTM_DELADDR, 0, ifindex, prefix);
}

Result<std::vector<Address>> list_addresses(Netlink& route) {
  Message request(RTM_GETADDR, 0, ifaddrmsg{});
  std::vector<Address> addresses;
  TRY(route.dump(
      request, "list addresses", [&] { addresses.clear(); },
      [&](const nlmsghdr* message) {
        const auto* header = static_cast<const ifaddrmsg*>(::nlmsg_data(message));
        // One more than the headers' IFA_MAX may know.
        const auto parsed = parse<IFA_PROTO>(message, sizeof *header);
        const bool v6 = header->ifa_family == AF_INET6;
        // On a point-to-point link IFA_ADDRESS is the other end; IPv6 sends IFA_LOCAL only there.
        nlattr* const own = parsed.at[IFA_LOCAL] ? parsed.at[IFA_LOCAL] : parsed.at[IFA_ADDRESS];
        const auto ip = parse_address(own, v6);
        if (!ip || (!v6 && header->ifa_family != AF_INET)) return;
        addresses.push_back({static_cast<int>(header->ifa_index),
                             {*ip, header->ifa_prefixlen},
                             header->ifa_scope,
                             parsed.u8(IFA_PROTO) == kOurAddressProtocol});
      }));
  return addresses;
}

Result<void> drop_addresses_but(Netlink& route, int ifindex, const std::vector<Prefix>& wanted) {
  for (const Address& address : TRY(list_addresses(route))) {
    if (address.ifindex != ifindex || !address.ours) continue;
    if (std::find(wanted.begin(), wanted.end(), address.prefix) != wanted.end()) continue;
    Message message = delete_address(ifindex, address.prefix);
    TRY(route.run(message, "delete address " + to_string(address.prefix), {EADDRNOTAVAIL}));
  }
  return {};
}

Message add_default_route(int ifindex, const Ip& gateway) {
  return default_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, ifindex, gateway);
}

Message delete_default_route(int ifindex, const Ip& gateway) {
  return default_route(RTM_DELROUTE, 0, ifindex, gateway);
}

Message add_connected_route(int ifindex, const Prefix& address) {
  const Prefix network = network_of(address);
  rtmsg header{};
  header.rtm_family = network.ip.v6 ? AF_INET6 : AF_INET;
  header.rtm_dst_len = static_cast<std::uint8_t>(network.length);
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_KERNEL;
  header.rtm_scope = network.ip.v6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, header);
  message.put(RTA_DST, network.ip.bytes.data(), network.ip.size());
  if (network.ip.v6)
    message.put32(RTA_PRIORITY, kConnectedMetric6);
  else
    message.put(RTA_PREFSRC, address.ip.bytes.data(), address.ip.size());
  message.put32(RTA_OIF, static_cast<std::uint32_t>(ifindex));
  return message;
}

Message add_loopback6_route(int ifindex) {
  rtmsg header{};
  header.rtm_family = AF_INET6;
  header.rtm_dst_len = 128;
  header.rtm_table = RT_TABLE_LOCAL;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_LOCAL;
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, header);
  const Ip loopback = *parse_ip("::1");
  message.put(RTA_DST, loopback.bytes.data(), loopback.size());
  message.put32(RTA_OIF, static_cast<std::uint32_t>(ifindex));
  // EXCL compares destination and metric alone, not the link: each link has a metric of its own.
  message.put32(RTA_PRIORITY, kLoopbackMetric6 + static_cast<std::uint32_t>(ifindex));
  return message;
}

Result<std::vector<Route>> list_routes(Netlink& route, int family) {
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(family);
  Message request(RTM_GETROUTE, 0, header);
  std::vector<Route> routes;
  TRY(route.dump(
      request, "list routes", [&] { routes.clear(); },
      [&](const nlmsghdr* message) {
        const auto* found = static_cast<const rtmsg*>(::nlmsg_data(message));
        if (found->rtm_flags & RTM_F_CLONED) return;  // the cache
        const auto parsed = parse<RTA_MAX>(message, sizeof *found);
        Route one;
        one.v6 = found->rtm_family == AF_INET6;
        one.table = parsed.at[RTA_TABLE] ? parsed.u32(RTA_TABLE) : found->rtm_table;
        one.type = found->rtm_type;
        one.protocol = found->rtm_protocol;
        one.out = static_cast<int>(parsed.u32(RTA_OIF));
        Ip zero;
        zero.v6 = one.v6;
        one.destination = {parse_address(parsed.at[RTA_DST], one.v6).value_or(zero), found->rtm_dst_len};
        one.gateway = parse_address(parsed.at[RTA_GATEWAY], one.v6);
        routes.push_back(one);
      }));
  return routes;
}

Result<void> run_adds(Netlink& route, std::span<Message> messages, const std::string& what) {
  const std::vector<Ack> acks = TRY(route.run_all(messages).with(what));
  for (const Ack& ack : acks)
    if (ack.error != 0 && ack.error != EEXIST) return ack.to_error(what);
  return {};
}

Result<Prefix> prefix_of(const std::string& text) {
  if (const auto prefix = parse_prefix(text)) return *prefix;
  return fault("not an address with its prefix length: \"" + text + "\"");
}

Result<std::vector<Prefix>> prefixes_of(const std::string& text4, const std::string& text6) {
  std::vector<Prefix> prefixes;
  for (const std::string& text : {text4, text6})
    if (!text.empty()) prefixes.push_back(TRY(prefix_of(text)));
  return prefixes;
}

Result<Ip> ip_of(const std::string& text) {
  if (const auto ip = parse_ip(text)) return *ip;
  return fault("not an address: \"" + text + "\"");
}

}  // namespace stack::net::rtnl
