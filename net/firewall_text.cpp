// The rules of one stack, as text for libnftables (nft(8)). Pure.
#include "net/address.h"
#include "net/firewall.h"
#include "specs/text.h"

namespace stack::net {
namespace {

std::string quoted(const std::string& ifname) {
  return "\"" + ifname + "\"";
}

std::string bridges_of(const Firewall& firewall) {
  std::vector<std::string> names;
  for (const FirewallNetwork& network : firewall.networks) names.push_back(network.bridge);
  return "{ " + quoted_list(names) + " }";
}

// Before connection tracking: what cannot be answered honestly goes no further.
std::string raw_chain(const Firewall& firewall) {
  std::string text =
      "  chain raw {\n"
      "    type filter hook prerouting priority raw; policy accept;\n"
      // Published ports of 127.0.0.1 are translated before the routing code would call such a packet a
      // martian.
      "    iifname != \"lo\" ip daddr 127.0.0.0/8 drop\n";
  for (const FirewallNetwork& network : firewall.networks) {
    const std::string from = "    iifname " + quoted(network.bridge) + " ";
    text += network.subnet4.empty() ? from + "meta nfproto ipv4 drop\n"
                                    : from + "ip saddr != " + network.subnet4 + " drop\n";
    text += network.subnet6.empty() ? from + "meta nfproto ipv6 drop\n"
                                    : from + "ip6 saddr != { ::, fe80::/10, " + network.subnet6 + " } drop\n";
  }
  return text + "  }\n";
}

std::string with_port(const std::string& address, bool v6, std::uint16_t port) {
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

// The rule of one port in one family; "" where the host address or the container has none of that family.
std::string publish(const FirewallPort& port, bool v6) {
  const std::string& target = v6 ? port.target6 : port.target4;
  const auto host = parse_ip(port.host_ip);
  if (target.empty() || (host && host->v6 != v6)) return {};
  const bool any = port.host_ip.empty() || *host == Ip{v6, {}};
  const std::string family = v6 ? "ip6" : "ip";
  return "    " +
         (any ? "meta nfproto " + std::string(v6 ? "ipv6" : "ipv4") : family + " daddr " + to_string(*host)) +
         " " + port.protocol + " dport " + std::to_string(port.published) + " dnat " + family + " to " +
         with_port(target, v6, port.target) + "\n";
}

std::string published_chains(const Firewall& firewall) {
  if (firewall.ports.empty()) return {};
  std::string text = "  chain published {\n";
  for (const FirewallPort& port : firewall.ports) text += publish(port, false) + publish(port, true);
  // What comes from outside, and what the host itself sends.
  for (const char* hook : {"prerouting", "output"})
    text += "  }\n  chain " + std::string(hook) + " {\n    type nat hook " + hook +
            " priority -100; policy accept;\n    fib daddr type local jump published\n";
  return text + "  }\n";
}

std::string masquerade(const FirewallNetwork& network, const std::string& family, const std::string& loopback,
                       const std::string& subnet) {
  if (subnet.empty()) return {};
  const std::string into = "    oifname " + quoted(network.bridge) + " " + family + " saddr ";
  // The host by its loopback address, and a neighbour through the published port: both must be answered by
  // way of us.
  std::string text = into + loopback + " masquerade\n" + into + subnet + " ct status dnat masquerade\n";
  if (!network.internal && network.masquerade)
    text += "    oifname != { \"lo\", " + quoted(network.bridge) + " } " + family + " saddr " + subnet +
            " masquerade\n";
  return text;
}

std::string postrouting_chain(const Firewall& firewall) {
  std::string text = "  chain postrouting {\n    type nat hook postrouting priority srcnat; policy accept;\n";
  for (const FirewallNetwork& network : firewall.networks)
    text += masquerade(network, "ip", "127.0.0.0/8", network.subnet4) +
            masquerade(network, "ip6", "::1", network.subnet6);
  return text + "  }\n";
}

// Nothing enters a bridge but answers, published ports and its own; nothing leaves an internal one.
std::string forward_chain(const Firewall& firewall) {
  std::string text = "  chain forward {\n    type filter hook forward priority filter; policy accept;\n";
  for (const FirewallNetwork& network : firewall.networks) {
    const std::string bridge = quoted(network.bridge);
    const std::string within = "    iifname " + bridge + " oifname " + bridge + " ";
    // Who may not reach a neighbour by the bridge must not by way of the host either, but for what is
    // published.
    text += network.icc ? within + "accept\n"
                        : within + "ct state established,related accept\n" + within +
                              "ct status dnat accept\n" + within + "drop\n";
    if (network.internal) text += "    iifname " + bridge + " drop\n    oifname " + bridge + " drop\n";
  }
  const std::string into = "    oifname " + bridges_of(firewall) + " ";
  return text + into + "ct state established,related accept\n" + into + "ct status dnat accept\n" + into +
         "drop\n  }\n";
}

// The host is a way out as well (a proxy, a resolver): an internal network may only answer it.
std::string input_chain(const Firewall& firewall) {
  std::string text;
  for (const FirewallNetwork& network : firewall.networks) {
    if (!network.internal) continue;
    const std::string from = "    iifname " + quoted(network.bridge) + " ";
    text += from + "ct state established,related accept\n" + from +
            "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n" + from + "drop\n";
  }
  if (text.empty()) return {};
  return "  chain input {\n    type filter hook input priority filter; policy accept;\n" + text + "  }\n";
}

}  // namespace

std::string table_name(const std::string& project) {
  return "stack_" + project;
}

std::string render(const Firewall& firewall) {
  return "table inet " + table_name(firewall.project) + " {\n" + raw_chain(firewall) +
         published_chains(firewall) + postrouting_chain(firewall) + forward_chain(firewall) +
         input_chain(firewall) + "}\n";
}

}  // namespace stack::net
