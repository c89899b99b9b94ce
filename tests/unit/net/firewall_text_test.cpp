// The whole text of small firewalls: what is let through is read here as an administrator would read it.
#include <gtest/gtest.h>

#include <sstream>

#include "net/firewall.h"

namespace stack::net {
namespace {

const FirewallNetwork kPlain{"st-bfront", "10.1.0.0/24", "fd01::/64", false};
const FirewallNetwork kInternal{"st-bback", "10.2.0.0/24", "fd02::/64", true};
const FirewallNetwork kOnly4{"st-bold", "10.3.0.0/24", "", false};

TEST(FirewallText, OfAPlainNetwork) {
  EXPECT_EQ(render({"shop", {kPlain}, {}}), R"(table inet stack_shop {
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
    iifname "st-bfront" ip saddr != 10.1.0.0/24 drop
    iifname "st-bfront" ip6 saddr != { ::, fe80::/10, fd01::/64 } drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "st-bfront" ip saddr 127.0.0.0/8 masquerade
    oifname "st-bfront" ip saddr 10.1.0.0/24 ct status dnat masquerade
    oifname != { "lo", "st-bfront" } ip saddr 10.1.0.0/24 masquerade
    oifname "st-bfront" ip6 saddr ::1 masquerade
    oifname "st-bfront" ip6 saddr fd01::/64 ct status dnat masquerade
    oifname != { "lo", "st-bfront" } ip6 saddr fd01::/64 masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "st-bfront" oifname "st-bfront" accept
    oifname { "st-bfront" } ct state established,related accept
    oifname { "st-bfront" } ct status dnat accept
    oifname { "st-bfront" } drop
  }
}
)");
}

TEST(FirewallText, OfAnInternalNetworkHasNoWayOutAndNoneIntoTheHost) {
  EXPECT_EQ(render({"shop", {kInternal}, {}}), R"(table inet stack_shop {
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
    iifname "st-bback" ip saddr != 10.2.0.0/24 drop
    iifname "st-bback" ip6 saddr != { ::, fe80::/10, fd02::/64 } drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "st-bback" ip saddr 127.0.0.0/8 masquerade
    oifname "st-bback" ip saddr 10.2.0.0/24 ct status dnat masquerade
    oifname "st-bback" ip6 saddr ::1 masquerade
    oifname "st-bback" ip6 saddr fd02::/64 ct status dnat masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "st-bback" oifname "st-bback" accept
    iifname "st-bback" drop
    oifname "st-bback" drop
    oifname { "st-bback" } ct state established,related accept
    oifname { "st-bback" } ct status dnat accept
    oifname { "st-bback" } drop
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "st-bback" ct state established,related accept
    iifname "st-bback" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    iifname "st-bback" drop
  }
}
)");
}

TEST(FirewallText, OfANetworkWithoutIpv6DropsAllOfIt) {
  EXPECT_EQ(render({"old", {kOnly4}, {}}), R"(table inet stack_old {
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
    iifname "st-bold" ip saddr != 10.3.0.0/24 drop
    iifname "st-bold" meta nfproto ipv6 drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "st-bold" ip saddr 127.0.0.0/8 masquerade
    oifname "st-bold" ip saddr 10.3.0.0/24 ct status dnat masquerade
    oifname != { "lo", "st-bold" } ip saddr 10.3.0.0/24 masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "st-bold" oifname "st-bold" accept
    oifname { "st-bold" } ct state established,related accept
    oifname { "st-bold" } ct status dnat accept
    oifname { "st-bold" } drop
  }
}
)");
}

TEST(FirewallText, OfSeveralNetworksAndAPort) {
  const FirewallPort web{"", 8080, 80, "tcp", "10.3.0.2", ""};
  EXPECT_EQ(render({"shop", {kInternal, kOnly4}, {web}}), R"(table inet stack_shop {
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
    iifname "st-bback" ip saddr != 10.2.0.0/24 drop
    iifname "st-bback" ip6 saddr != { ::, fe80::/10, fd02::/64 } drop
    iifname "st-bold" ip saddr != 10.3.0.0/24 drop
    iifname "st-bold" meta nfproto ipv6 drop
  }
  chain published {
    meta nfproto ipv4 tcp dport 8080 dnat ip to 10.3.0.2:80
  }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
    fib daddr type local jump published
  }
  chain output {
    type nat hook output priority -100; policy accept;
    fib daddr type local jump published
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "st-bback" ip saddr 127.0.0.0/8 masquerade
    oifname "st-bback" ip saddr 10.2.0.0/24 ct status dnat masquerade
    oifname "st-bback" ip6 saddr ::1 masquerade
    oifname "st-bback" ip6 saddr fd02::/64 ct status dnat masquerade
    oifname "st-bold" ip saddr 127.0.0.0/8 masquerade
    oifname "st-bold" ip saddr 10.3.0.0/24 ct status dnat masquerade
    oifname != { "lo", "st-bold" } ip saddr 10.3.0.0/24 masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "st-bback" oifname "st-bback" accept
    iifname "st-bback" drop
    oifname "st-bback" drop
    iifname "st-bold" oifname "st-bold" accept
    oifname { "st-bback", "st-bold" } ct state established,related accept
    oifname { "st-bback", "st-bold" } ct status dnat accept
    oifname { "st-bback", "st-bold" } drop
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "st-bback" ct state established,related accept
    iifname "st-bback" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    iifname "st-bback" drop
  }
}
)");
}

// The rules of the chain "published".
std::string published(const FirewallPort& port) {
  const std::string text = render({"shop", {kPlain}, {port}});
  const std::string head = "  chain published {\n";
  const auto begin = text.find(head) + head.size();
  return text.substr(begin, text.find("  }\n", begin) - begin);
}

TEST(FirewallText, PublishesAPortAtTheAddressesItNames) {
  const std::string both4 = "    meta nfproto ipv4 tcp dport 8080 dnat ip to 10.1.0.2:80\n";
  const std::string both6 = "    meta nfproto ipv6 tcp dport 8080 dnat ip6 to [fd01::2]:80\n";
  const std::pair<const char*, std::string> cases[] = {
      {"", both4 + both6},
      {"0.0.0.0", both4},
      {"::", both6},
      {"127.0.0.1", "    ip daddr 127.0.0.1 tcp dport 8080 dnat ip to 10.1.0.2:80\n"},
      {"192.0.2.7", "    ip daddr 192.0.2.7 tcp dport 8080 dnat ip to 10.1.0.2:80\n"},
      {"::1", "    ip6 daddr ::1 tcp dport 8080 dnat ip6 to [fd01::2]:80\n"},
      {"2001:DB8:0::7", "    ip6 daddr 2001:db8::7 tcp dport 8080 dnat ip6 to [fd01::2]:80\n"},
  };
  for (const auto& [host_ip, rules] : cases)
    EXPECT_EQ(published({host_ip, 8080, 80, "tcp", "10.1.0.2", "fd01::2"}), rules) << host_ip;
}

TEST(FirewallText, PublishesAPortInTheFamiliesOfItsContainer) {
  const std::string rule4 = "    meta nfproto ipv4 udp dport 53 dnat ip to 10.1.0.2:5353\n";
  const std::string rule6 = "    meta nfproto ipv6 udp dport 53 dnat ip6 to [fd01::2]:5353\n";
  const struct {
    const char *host_ip, *target4, *target6;
    std::string rules;
  } cases[] = {{"", "10.1.0.2", "", rule4}, {"", "", "fd01::2", rule6},     {"", "", "", ""},
               {"::", "10.1.0.2", "", ""},  {"0.0.0.0", "", "fd01::2", ""}, {"::1", "10.1.0.2", "", ""}};
  for (const auto& c : cases)
    EXPECT_EQ(published({c.host_ip, 53, 5353, "udp", c.target4, c.target6}), c.rules)
        << c.host_ip << " to " << c.target4 << " " << c.target6;
}

// The lines of the whole table that hold `part`.
std::string lines_with(const FirewallNetwork& network, const std::string& part) {
  std::istringstream text(render({"shop", {network}, {}}));
  std::string found;
  for (std::string line; std::getline(text, line);)
    if (line.find(part) != std::string::npos) found += line + "\n";
  return found;
}

TEST(FirewallText, OfANetworkWithoutIpv4DropsAllOfIt) {
  const FirewallNetwork only6{"st-bnew", "", "fd03::/64", false};
  EXPECT_EQ(lines_with(only6, "ipv4"), "    iifname \"st-bnew\" meta nfproto ipv4 drop\n");
  EXPECT_EQ(lines_with(only6, " ip saddr"), "");
}

TEST(FirewallText, OfMembersThatMayNotReachEachOtherLetsThroughWhatIsPublished) {
  FirewallNetwork apart = kPlain;
  apart.icc = false;
  EXPECT_EQ(lines_with(apart, "iifname \"st-bfront\" oifname"),
            "    iifname \"st-bfront\" oifname \"st-bfront\" ct state established,related accept\n"
            "    iifname \"st-bfront\" oifname \"st-bfront\" ct status dnat accept\n"
            "    iifname \"st-bfront\" oifname \"st-bfront\" drop\n");
}

TEST(FirewallText, LeavesTheAddressesOfANetworkThatIsNotMasqueraded) {
  FirewallNetwork routed = kPlain;
  routed.masquerade = false;
  EXPECT_EQ(lines_with(routed, "oifname !="), "");
  EXPECT_NE(lines_with(routed, "ct status dnat masquerade"), "");  // a neighbour through the published port
}

TEST(FirewallText, PublishesSctp) {
  EXPECT_EQ(published({"", 9999, 99, "sctp", "10.1.0.2", ""}),
            "    meta nfproto ipv4 sctp dport 9999 dnat ip to 10.1.0.2:99\n");
}

}  // namespace
}  // namespace stack::net
