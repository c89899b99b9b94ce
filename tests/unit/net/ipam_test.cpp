#include "net/ipam.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "net/address.h"

namespace stack::net {

void PrintTo(const Subnets& s, std::ostream* out) {
  *out << "{4: " << s.subnet4 << " via " << s.gateway4 << ", 6: " << s.subnet6 << " via " << s.gateway6
       << "}";
}

void PrintTo(const Addresses& a, std::ostream* out) {
  *out << "{" << a.ipv4 << " " << a.ipv6 << " " << a.mac << "}";
}

namespace {

using Attached = std::map<std::string, NetworkAttachment>;
using Assigned = std::map<std::string, Addresses>;
using Texts = std::vector<std::string>;

// Subnets in short: what is not named is empty.
struct Four {
  std::string subnet4 = "", gateway4 = "", subnet6 = "", gateway6 = "";
  operator Subnets() const { return {subnet4, gateway4, subnet6, gateway6}; }  // NOLINT: implicit on purpose
};

// A network of IPv4 alone, unless it is given a subnet of IPv6.
NetworkSpec network(const Subnets& wanted = {}) {
  NetworkSpec spec;
  spec.key = "back";
  spec.enable_ipv6 = !wanted.subnet6.empty();
  spec.subnet4 = wanted.subnet4;
  spec.gateway4 = wanted.gateway4;
  spec.subnet6 = wanted.subnet6;
  spec.gateway6 = wanted.gateway6;
  return spec;
}

Result<Subnets> choose(const NetworkSpec& spec, const std::optional<Subnets>& previous = {},
                       const Texts& taken = {}) {
  return choose_subnets("shop", spec, previous ? &*previous : nullptr, taken);
}

const struct {
  const char* why;
  Four wanted;  // by the file
  std::optional<Four> previous;
  Texts taken;
  Four chosen;
} kChoices[] = {
    {"the first of the pool", {}, {}, {}, {"10.201.0.0/24", "10.201.0.1"}},
    {"the first that is free", {}, {}, {"10.201.0.0/24", "10.201.1.128/25"}, {"10.201.2.0/24", "10.201.2.1"}},
    {"a wide one covers many", {}, {}, {"10.200.0.0/15", "10.202.0.0/24"}, {"10.202.1.0/24", "10.202.1.1"}},
    {"what is no prefix is nobody's", {}, {}, {"", "default", "fd12::/64"}, {"10.201.0.0/24", "10.201.0.1"}},
    {"the previous one", {}, Four{"10.203.7.0/24", "10.203.7.1"}, {}, {"10.203.7.0/24", "10.203.7.1"}},
    {"the previous one, as its own bridge has it",
     {},
     Four{"10.203.7.0/24", "10.203.7.1"},
     {"10.203.7.0/24"},
     {"10.203.7.0/24", "10.203.7.1"}},
    {"the previous gateway", {}, Four{"10.203.7.0/24", "10.203.7.9"}, {}, {"10.203.7.0/24", "10.203.7.9"}},
    {"a book that cannot be read", {}, Four{"10.203.7.0", "x"}, {}, {"10.201.0.0/24", "10.201.0.1"}},
    {"the file's", {"172.30.0.0/16"}, {}, {"10.0.0.0/8"}, {"172.30.0.0/16", "172.30.0.1"}},
    {"the file's, host bits cleared", {"172.30.5.5/16"}, {}, {}, {"172.30.0.0/16", "172.30.0.1"}},
    {"the file's before the previous one",
     {"172.30.0.0/24"},
     Four{"10.203.7.0/24", "10.203.7.1"},
     {},
     {"172.30.0.0/24", "172.30.0.1"}},
    {"the file's, which is ours already",
     {"172.30.0.0/24"},
     Four{"172.30.0.0/24", "172.30.0.1"},
     {"172.30.0.0/24"},
     {"172.30.0.0/24", "172.30.0.1"}},
    {"the narrowest", {"172.30.0.4/30"}, {}, {}, {"172.30.0.4/30", "172.30.0.5"}},
    {"the file's gateway", {"172.30.0.0/24", "172.30.0.254"}, {}, {}, {"172.30.0.0/24", "172.30.0.254"}},
    {"a gateway in a subnet of the pool", {"", "10.201.0.9"}, {}, {}, {"10.201.0.0/24", "10.201.0.9"}},
    {"the file's gateway before the previous one",
     {"172.30.0.0/24", "172.30.0.254"},
     Four{"172.30.0.0/24", "172.30.0.1"},
     {},
     {"172.30.0.0/24", "172.30.0.254"}},
    {"no gateway of another subnet",
     {"172.30.0.0/24"},
     Four{"10.203.7.0/24", "10.203.7.9"},
     {},
     {"172.30.0.0/24", "172.30.0.1"}},
    {"IPv6 of the file",
     {"172.30.0.0/24", "", "fd00:5::7/64", "FD00:5::9"},
     {},
     {"fd00:6::/64"},
     {"172.30.0.0/24", "172.30.0.1", "fd00:5::/64", "fd00:5::9"}},
    {"no IPv6 where it was switched off",
     {},
     Four{"10.203.7.0/24", "10.203.7.1", "fd00:5::/64", "fd00:5::1"},
     {},
     {"10.203.7.0/24", "10.203.7.1"}},
};

TEST(Ipam, ChoosesSubnetsAndGateways) {
  for (const auto& c : kChoices) {
    const auto chosen = choose(network(c.wanted), c.previous, c.taken);
    ASSERT_TRUE(chosen) << c.why << ": " << chosen.error().words;
    EXPECT_EQ(*chosen, Subnets(c.chosen)) << c.why;
  }
}

const struct {
  Four wanted;
  Texts taken;
  const char* words;  // after `network "back": `
} kBadSubnets[] = {
    {{"172.30.0.0"}, {}, "subnet \"172.30.0.0\": not a prefix"},
    {{"fd00::/64"}, {}, "subnet \"fd00::/64\": not a prefix"},
    {{"172.30.0.0/31"}, {}, "subnet \"172.30.0.0/31\": too narrow"},
    {{"172.30.1.0/24"},
     {"10.0.0.0/8", "172.30.0.0/16"},
     "subnet \"172.30.1.0/24\": overlaps \"172.30.0.0/16\" already in use on this host"},
    {{"172.30.0.0/16"},
     {"172.30.1.0/24"},
     "subnet \"172.30.0.0/16\": overlaps \"172.30.1.0/24\" already in use on this host"},
    {{"172.30.0.0/24", "router"}, {}, "gateway \"router\": not a host address of \"172.30.0.0/24\""},
    {{"172.30.0.0/24", "172.30.1.1"}, {}, "gateway \"172.30.1.1\": not a host address of \"172.30.0.0/24\""},
    {{"172.30.0.0/24", "172.30.0.0"}, {}, "gateway \"172.30.0.0\": not a host address of \"172.30.0.0/24\""},
    {{"172.30.0.0/24", "172.30.0.255"},
     {},
     "gateway \"172.30.0.255\": not a host address of \"172.30.0.0/24\""},
    {{"172.30.0.0/24", "fd00::1"}, {}, "gateway \"fd00::1\": not a host address of \"172.30.0.0/24\""},
    {{"", "", "172.31.0.0/24"}, {}, "subnet \"172.31.0.0/24\": not a prefix"},
    {{"", "", "fd00::/127"}, {}, "subnet \"fd00::/127\": too narrow"},
    {{"", "", "fd00::/64"},
     {"fd00::/48"},
     "subnet \"fd00::/64\": overlaps \"fd00::/48\" already in use on this host"},
    {{"", "", "fd00::/64", "fd00::"}, {}, "gateway \"fd00::\": not a host address of \"fd00::/64\""},
    {{"", "", "fd00::/64", "10.201.0.1"}, {}, "gateway \"10.201.0.1\": not a host address of \"fd00::/64\""},
    {{}, {"10.192.0.0/10"}, "no free subnet left in 10.201.0.0/16 to 10.215.0.0/16"},
};

TEST(Ipam, RefusesSubnetsAndGatewaysThatCannotWork) {
  for (const auto& c : kBadSubnets) {
    const auto chosen = choose(network(c.wanted), {}, c.taken);
    ASSERT_FALSE(chosen) << c.words;
    EXPECT_EQ(chosen.error().words, std::string("network \"back\": ") + c.words);
  }
}

TEST(Ipam, DerivesAUniqueLocalSubnetFromTheNames) {
  NetworkSpec spec = network();
  spec.enable_ipv6 = true;
  const Subnets first = choose(spec).value();
  const Prefix subnet = parse_prefix(first.subnet6).value();
  EXPECT_EQ(subnet.length, 64U);
  EXPECT_EQ(subnet.ip.bytes[0], 0xfd);
  EXPECT_EQ(first.gateway6, to_string(nth(subnet, 1)));
  EXPECT_EQ(choose(spec).value(), first);

  EXPECT_NE(choose_subnets("other", spec, nullptr, {}).value().subnet6, first.subnet6);
  spec.key = "front";
  EXPECT_NE(choose(spec).value().subnet6, first.subnet6);
}

TEST(Ipam, KeepsAUniqueLocalSubnetAndEvadesThatOfAnother) {
  NetworkSpec spec = network();
  spec.enable_ipv6 = true;
  const Subnets first = choose(spec).value();
  EXPECT_EQ(choose(spec, first, {first.subnet4, first.subnet6}).value(), first);
  const Subnets second = choose(spec, {}, {first.subnet6}).value();
  EXPECT_FALSE(overlap(*parse_prefix(second.subnet6), *parse_prefix(first.subnet6)));
}

// Addresses as "web 10.0.0.2 fd00::2" each, to be compared as text.
Texts texts(const Assigned& assigned) {
  Texts all;
  for (const auto& [service, a] : assigned)
    all.push_back(service + " " + a.ipv4 + (a.ipv6.empty() ? "" : " " + a.ipv6));
  return all;
}

NetworkAttachment at(const std::string& ipv4, const std::string& ipv6 = {}) {
  return {{}, ipv4, ipv6};
}

const Subnets kOnly4{"10.0.0.0/29", "10.0.0.1", "", ""};
const Subnets kBoth{"10.0.0.0/29", "10.0.0.1", "fd00::/64", "fd00::1"};

const struct {
  const char* why;
  Subnets subnets;
  Attached attached;
  Assigned previous;
  Texts assigned;
} kAssignments[] = {
    {"nobody", kOnly4, {}, {}, {}},
    {"the lowest after the gateway, by name",
     kOnly4,
     {{"web", {}}, {"db", {}}},
     {},
     {"db 10.0.0.2", "web 10.0.0.3"}},
    {"a gateway in the midst is left out",
     {"10.0.0.0/29", "10.0.0.2", "", ""},
     {{"web", {}}, {"db", {}}},
     {},
     {"db 10.0.0.1", "web 10.0.0.3"}},
    {"both families", kBoth, {{"web", {}}, {"db", {}}}, {}, {"db 10.0.0.2 fd00::2", "web 10.0.0.3 fd00::3"}},
    {"a static one is not given to who comes before",
     kBoth,
     {{"a", {}}, {"b", at("10.0.0.2", "FD00::2")}},
     {},
     {"a 10.0.0.3 fd00::3", "b 10.0.0.2 fd00::2"}},
    {"a previous one is kept",
     kBoth,
     {{"a", {}}, {"b", {}}},
     {{"b", {"10.0.0.2", "fd00::2", ""}}},
     {"a 10.0.0.3 fd00::3", "b 10.0.0.2 fd00::2"}},
    {"a previous one goes to who has it in the file now",
     kOnly4,
     {{"a", {}}, {"b", at("10.0.0.2")}},
     {{"a", {"10.0.0.2", "", ""}}, {"b", {"10.0.0.3", "", ""}}},
     {"a 10.0.0.3", "b 10.0.0.2"}},
    {"a static one goes before one's own previous",
     kOnly4,
     {{"a", at("10.0.0.6")}},
     {{"a", {"10.0.0.2", "", ""}}},
     {"a 10.0.0.6"}},
    {"a static one that left the file is kept",
     kOnly4,
     {{"a", {}}},
     {{"a", {"10.0.0.6", "", ""}}},
     {"a 10.0.0.6"}},
    {"a previous one of another subnet, of the gateway or of two is not",
     kOnly4,
     {{"a", {}}, {"b", {}}, {"c", {}}, {"d", {}}},
     {{"a", {"10.9.0.2", "", ""}},
      {"b", {"10.0.0.1", "", ""}},
      {"c", {"10.0.0.5", "", ""}},
      {"d", {"10.0.0.5", "", ""}}},
     {"a 10.0.0.2", "b 10.0.0.3", "c 10.0.0.5", "d 10.0.0.4"}},
    {"nor one that cannot be read", kOnly4, {{"a", {}}}, {{"a", {"x", "", ""}}}, {"a 10.0.0.2"}},
    {"who left holds nothing", kOnly4, {{"a", {}}}, {{"z", {"10.0.0.2", "", ""}}}, {"a 10.0.0.2"}},
    {"no IPv6 where the network lost it",
     kOnly4,
     {{"a", {}}},
     {{"a", {"10.0.0.3", "fd00::3", ""}}},
     {"a 10.0.0.3"}},
    {"the last address before the broadcast address",
     {"10.0.0.0/30", "10.0.0.1", "", ""},
     {{"a", {}}},
     {},
     {"a 10.0.0.2"}},
    {"IPv6 has no broadcast address",
     {"10.0.0.0/29", "10.0.0.1", "fd00::/126", "fd00::1"},
     {{"a", {}}, {"b", {}}},
     {},
     {"a 10.0.0.2 fd00::2", "b 10.0.0.3 fd00::3"}},
};

TEST(Ipam, AssignsAddresses) {
  for (const auto& c : kAssignments) {
    const auto assigned = assign_addresses("shop", "back", c.subnets, c.attached, c.previous);
    ASSERT_TRUE(assigned) << c.why << ": " << assigned.error().words;
    EXPECT_EQ(texts(*assigned), c.assigned) << c.why;
    EXPECT_EQ(assign_addresses("shop", "back", c.subnets, c.attached, *assigned).value(), *assigned) << c.why;
  }
}

const struct {
  Subnets subnets;
  Attached attached;
  const char* words;  // after `network "back": `
} kBadAddresses[] = {
    {kOnly4,
     {{"web", at("10.0.1.2")}},
     "service \"web\": address \"10.0.1.2\": not a host address of \"10.0.0.0/29\""},
    {kOnly4,
     {{"web", at("10.0.0.0")}},
     "service \"web\": address \"10.0.0.0\": not a host address of \"10.0.0.0/29\""},
    {kOnly4,
     {{"web", at("10.0.0.7")}},
     "service \"web\": address \"10.0.0.7\": not a host address of \"10.0.0.0/29\""},
    {kOnly4,
     {{"web", at("seven")}},
     "service \"web\": address \"seven\": not a host address of \"10.0.0.0/29\""},
    {kOnly4,
     {{"web", at("10.0.0.1")}},
     "service \"web\": address \"10.0.0.1\": taken by another service or the gateway"},
    {kOnly4,
     {{"db", at("10.0.0.4")}, {"web", at("10.0.0.4")}},
     "service \"web\": address \"10.0.0.4\": taken by another service or the gateway"},
    {kBoth,
     {{"db", at("", "fd00::4")}, {"web", at("", "fd00:0:0::4")}},
     "service \"web\": address \"fd00:0:0::4\": taken by another service or the gateway"},
    {kBoth,
     {{"web", at("", "10.0.0.4")}},
     "service \"web\": address \"10.0.0.4\": not a host address of \"fd00::/64\""},
    {kOnly4, {{"web", at("", "fd00::4")}}, "service \"web\": address \"fd00::4\": the network has no IPv6"},
    {{"10.0.0.0/30", "10.0.0.1", "", ""},
     {{"db", {}}, {"web", {}}},
     "service \"web\": no free address left in \"10.0.0.0/30\""},
    {{"10.0.0.0", "10.0.0.1", "", ""}, {}, "subnet \"10.0.0.0\", gateway \"10.0.0.1\": not addresses"},
    {{"10.0.0.0/24", "", "", ""}, {}, "subnet \"10.0.0.0/24\", gateway \"\": not addresses"},
};

TEST(Ipam, RefusesAddressesThatCannotBeGiven) {
  for (const auto& c : kBadAddresses) {
    const auto assigned = assign_addresses("shop", "back", c.subnets, c.attached, {});
    ASSERT_FALSE(assigned) << c.words;
    EXPECT_EQ(assigned.error().words, std::string("network \"back\": ") + c.words);
  }
}

TEST(Ipam, FillsASubnetToItsLastAddress) {
  Attached attached;
  for (char name = 'a'; name < 'f'; ++name) attached[std::string(1, name)] = {};
  const auto assigned = assign_addresses("shop", "back", kOnly4, attached, {});
  ASSERT_TRUE(assigned) << assigned.error().words;
  EXPECT_EQ(assigned->at("e").ipv4, "10.0.0.6");
  attached["f"] = {};
  EXPECT_FALSE(assign_addresses("shop", "back", kOnly4, attached, {}));
}

TEST(Ipam, GivesEveryEndpointAMacOfItsOwnThatStays) {
  const Attached attached{{"db", {}}, {"web", {}}};
  const Assigned back = assign_addresses("shop", "back", kOnly4, attached, {}).value();
  const Assigned moved =
      assign_addresses("shop", "back", {"10.9.0.0/24", "10.9.0.1", "", ""}, attached, {}).value();
  const Assigned front = assign_addresses("shop", "front", kOnly4, attached, {}).value();
  const Assigned other = assign_addresses("other", "back", kOnly4, attached, {}).value();
  std::set<std::string> macs;
  for (const Assigned* assigned : {&back, &front, &other})
    for (const auto& [service, addresses] : *assigned) {
      EXPECT_TRUE(addresses.mac.starts_with("02:")) << addresses.mac;
      macs.insert(addresses.mac);
    }
  EXPECT_EQ(macs.size(), 6U);
  EXPECT_EQ(moved.at("web").mac, back.at("web").mac);
}

TEST(Ipam, GivesOutOfTheRangeWhatIsNotKeptForOthers) {
  const Subnets subnets{"10.0.0.0/24", "10.0.0.1", "fd00::/64", "fd00::1"};
  NetworkSpec spec = network(subnets);
  spec.range4 = "10.0.0.128/30";
  spec.range6 = "fd00::100/120";
  spec.aux4 = {{"router", "10.0.0.129"}};
  spec.aux6 = {{"router", "fd00::100"}};
  const Attached attached{{"a", {}}, {"b", {}}, {"fixed", at("10.0.0.9")}};
  const Assigned previous{{"a", {"10.0.0.5", "fd00::5", ""}}, {"b", {"10.0.0.130", "fd00::107", ""}}};
  const auto assigned = assign_addresses("shop", "back", subnets, attached, previous, allotment_of(spec));
  ASSERT_TRUE(assigned) << assigned.error().words;
  EXPECT_EQ(texts(*assigned),
            (Texts{"a 10.0.0.128 fd00::101", "b 10.0.0.130 fd00::107", "fixed 10.0.0.9 fd00::102"}));
}

TEST(Ipam, RangeThatIsUsedUpIsToldThoughTheSubnetIsNot) {
  NetworkSpec spec = network(kOnly4);
  spec.range4 = "10.0.0.2/32";
  const Attached attached{{"a", {}}, {"b", {}}};
  const auto assigned = assign_addresses("shop", "back", kOnly4, attached, {}, allotment_of(spec));
  ASSERT_FALSE(assigned);
  EXPECT_EQ(assigned.error().words,
            "network \"back\": service \"b\": no free address left in \"10.0.0.0/29\"");
}

TEST(Ipam, GatewayIsTheFirstAddressThatIsKeptForNobody) {
  NetworkSpec spec = network({"10.0.0.0/24", "", "", ""});
  spec.aux4 = {{"router", "10.0.0.1"}, {"switch", "10.0.0.2"}};
  EXPECT_EQ(choose(spec)->gateway4, "10.0.0.3");
  EXPECT_EQ(choose(spec, Subnets{"10.0.0.0/24", "10.0.0.1", "", ""})->gateway4, "10.0.0.3");
}

TEST(Ipam, NetworkMayBeWithoutIpv4ButNotWithoutBoth) {
  NetworkSpec spec = network({"", "", "fd00:5::/64", ""});
  spec.enable_ipv4 = false;
  EXPECT_EQ(*choose(spec), (Subnets{"", "", "fd00:5::/64", "fd00:5::1"}));
  const auto assigned = assign_addresses("shop", "back", *choose(spec), {{"a", {}}}, {});
  ASSERT_TRUE(assigned) << assigned.error().words;
  EXPECT_EQ(assigned->at("a").ipv4, "");
  EXPECT_EQ(assigned->at("a").ipv6, "fd00:5::2");
  EXPECT_FALSE(assign_addresses("shop", "back", *choose(spec), {{"a", at("10.0.0.4")}}, {}));
  spec.enable_ipv6 = false;
  EXPECT_EQ(choose(spec).error().words, "network \"back\": it has no IPv4, and this host has no IPv6");
}

TEST(Ipam, TakesTheMacOfTheFileAndKeepsItFromOthers) {
  NetworkAttachment fixed;
  fixed.mac_address = assign_addresses("shop", "back", kOnly4, {{"a", {}}}, {}).value().at("a").mac;
  const auto assigned = assign_addresses("shop", "back", kOnly4, {{"a", {}}, {"b", fixed}}, {}).value();
  EXPECT_EQ(assigned.at("b").mac, fixed.mac_address);
  EXPECT_NE(assigned.at("a").mac, fixed.mac_address);
}

}  // namespace
}  // namespace stack::net
