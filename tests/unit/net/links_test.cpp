// Bridges and what is read from the kernel, in a network namespace made for the test.
#include "net/links.h"

#include <set>

#include "net/sysctl.h"
#include "tests/unit/net/live_netns.h"

namespace stack::net {
namespace {

const Bridge kBridge{"st-bfront", "10.1.0.1/24", "fd01::1/64", 1400};

class BridgeLive : public LiveNetns {
 protected:
  static std::string addresses() { return shell(addresses_of(kBridge.ifname)); }
  // All that is seen of the bridge but IPv6's own routes, which follow an address in their own time.
  static std::string whole_state() {
    return settled(shell(
        "ip -d link show dev st-bfront; ip address show dev st-bfront; "
        "ip -4 route show table all dev st-bfront; ip -6 route show table all dev st-bfront proto static"));
  }
  static std::string details() { return shell("ip -d link show dev st-bfront"); }
};

TEST_F(BridgeLive, IsUpWithItsAddressesAndMtu) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  const auto state = link("st-bfront");
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->up);
  EXPECT_EQ(state->kind, "bridge");
  EXPECT_EQ(state->mtu, 1400U);
  EXPECT_EQ(state->master, "");
  EXPECT_EQ(addresses(), "10.1.0.1/24 fd01::1/64 ");
  EXPECT_TRUE(holds(shell("ip address show dev st-bfront"), "brd 10.1.0.255"));
}

TEST_F(BridgeLive, ForwardsAtOnceAndIsQuiet) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  const std::string text = details();
  for (const char* part : {"forward_delay 0 ", "stp_state 0 ", "mcast_snooping 0 ", "addrgenmode none"})
    EXPECT_TRUE(holds(text, part)) << part << " in " << text;
  EXPECT_FALSE(holds(shell("ip address show dev st-bfront"), "fe80"));
}

TEST_F(BridgeLive, AnswersForTheLoopbackAddressOfIpv6) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  EXPECT_TRUE(holds(shell("ip -6 route show table local dev st-bfront"), "local ::1 "));
}

TEST_F(BridgeLive, BroughtTwiceIsTheSame) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  const std::string before = whole_state();
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  EXPECT_EQ(whole_state(), before);
}

TEST_F(BridgeLive, IsMendedWhateverWasDoneToIt) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  const std::string before = whole_state();
  for (const char* harm :
       {"ip link set st-bfront down", "ip link set st-bfront mtu 1300",
        "ip link set st-bfront address 02:00:00:00:00:07",
        "ip link set st-bfront type bridge stp_state 1 forward_delay 1500 mcast_snooping 1",
        "ip address flush dev st-bfront", "ip -6 route del table local local ::1 dev st-bfront"}) {
    shell(harm);
    EXPECT_NE(whole_state(), before) << harm;
    EXPECT_OK(links_->ensure_bridge(kBridge));
    EXPECT_EQ(whole_state(), before) << harm;
  }
}

TEST_F(BridgeLive, LosesItsOldSubnetAndKeepsWhatIsNotOurs) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  shell("ip address add 192.0.2.1/24 dev st-bfront; ip address add 2001:db8::1/64 dev st-bfront nodad");
  Bridge moved = kBridge;
  moved.address4 = "10.9.0.1/16";
  moved.address6 = "fd09::1/64";
  ASSERT_TRUE(links_->ensure_bridge(moved));
  const std::string now = addresses();
  for (const char* kept : {"192.0.2.1/24 ", "2001:db8::1/64 ", "10.9.0.1/16 ", "fd09::1/64 "})
    EXPECT_TRUE(holds(now, kept)) << kept << "in " << now;
  for (const char* gone : {"10.1.0.1/24", "fd01::1/64"}) EXPECT_FALSE(holds(now, gone)) << gone;
}

TEST_F(BridgeLive, TakesAnotherPrefixLengthForTheSameAddress) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  Bridge wider = kBridge;
  wider.address4 = "10.1.0.1/16";
  wider.address6 = "fd01::1/48";
  ASSERT_TRUE(links_->ensure_bridge(wider));
  EXPECT_EQ(addresses(), "10.1.0.1/16 fd01::1/48 ");
}

TEST_F(BridgeLive, LosesIpv6WhenTheNetworkDoes) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  Bridge without = kBridge;
  without.address6.clear();
  ASSERT_TRUE(links_->ensure_bridge(without));
  EXPECT_EQ(addresses(), "10.1.0.1/24 ");
}

TEST_F(BridgeLive, HasIpv6WhereTheHostSwitchesItOffForNewLinks) {
  ASSERT_TRUE(set_sysctl("ipv6/conf/default/disable_ipv6", "1"));
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  EXPECT_EQ(addresses(), "10.1.0.1/24 fd01::1/64 ");
}

TEST_F(BridgeLive, KeepsItsMacWhenPortsComeAndGo) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  const std::string before = shell("ip -o link show dev st-bfront | grep -o 'link/ether [^ ]*'");
  shell("ip link add st-vport address 00:00:00:00:00:01 type veth; ip link set st-vport master st-bfront up");
  EXPECT_EQ(shell("ip -o link show dev st-bfront | grep -o 'link/ether [^ ]*'"), before);
}

TEST_F(BridgeLive, IsNotMadeOutOfALinkOfAnotherKind) {
  shell("ip link add st-bfront type veth");
  const auto made = links_->ensure_bridge(kBridge);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().words, "link \"st-bfront\" is there, but is no bridge: rename or remove it");
  EXPECT_EQ(link("st-bfront")->kind, "veth");
}

TEST_F(BridgeLive, WithANameOfTheFileIsNotTakenFromSomebodyElse) {
  Bridge named = kBridge;
  named.ifname = "br0";
  named.owner = "shop";
  EXPECT_OK(links_->ensure_bridge(named));
  EXPECT_TRUE(holds(shell("ip -o link show dev br0"), "alias stack shop"))
      << shell("ip -o link show dev br0");
  shell("ip link set br0 alias ''");
  EXPECT_OK(links_->ensure_bridge(named));
  EXPECT_TRUE(holds(shell("ip -o link show dev br0"), "alias stack shop"));
  Bridge other = named;
  other.owner = "blog";
  const auto taken = links_->ensure_bridge(other);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().words, "bridge \"br0\" is there, but is not this stack's: choose another name");
  shell("ip link del br0; ip link add br0 type bridge stp_state 1");
  EXPECT_FALSE(links_->ensure_bridge(named));
  EXPECT_TRUE(holds(shell("ip -d -o link show dev br0"), "stp_state 1 "));
}

TEST_F(BridgeLive, WithANameOfTheFileIsKnownAgainWhateverWasChangedOfIt) {
  Bridge named = kBridge;
  named.owner = "shop";
  const auto made = links_->ensure_bridge(named);
  ASSERT_TRUE(made);
  const std::string before = settled(details());
  shell("ip link set st-bfront address 02:00:00:00:00:99");
  EXPECT_OK(links_->ensure_bridge(named));
  EXPECT_EQ(settled(details()), before);
  shell("ip link set st-bfront address 02:00:00:00:00:99 alias mine");
  EXPECT_FALSE(links_->ensure_bridge(named));
  named.made_as = *made;
  EXPECT_OK(links_->ensure_bridge(named));
  EXPECT_EQ(settled(details()), before);
}

TEST_F(BridgeLive, GetsItsNameBack) {
  Bridge bridge = kBridge;
  const auto made = links_->ensure_bridge(bridge);
  ASSERT_TRUE(made);
  bridge.made_as = *made;
  shell(
      "ip link set st-bfront name other || { ip link set st-bfront down; ip link set st-bfront name other; "
      "}");
  EXPECT_OK(links_->ensure_bridge(bridge));
  EXPECT_EQ(ifindex("st-bfront"), *made);
  EXPECT_TRUE(link("st-bfront")->up);
  EXPECT_EQ(addresses(), "10.1.0.1/24 fd01::1/64 ");
  shell("ip link del st-bfront");
  const auto anew = links_->ensure_bridge(bridge);
  ASSERT_TRUE(anew);
  EXPECT_NE(*anew, *made);
  // Of one that it is not known to have been made, its MAC tells it.
  shell("ip link set st-bfront down; ip link set st-bfront name other");
  EXPECT_EQ(links_->ensure_bridge(bridge).value(), *anew);
}

TEST_F(BridgeLive, TellsWhatIsWrongWithItsStruct) {
  Bridge bad = kBridge;
  bad.address4 = "10.1.0.1";
  const auto made = links_->ensure_bridge(bad);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().words, "not an address with its prefix length: \"10.1.0.1\"");
  bad.ifname = "a-name-of-16-byte";
  const auto named = links_->ensure_bridge(bad);
  ASSERT_FALSE(named);
  EXPECT_TRUE(holds(named.error().words, "\"a-name-of-16-byte\"")) << named.error().words;
}

using LinksLive = LiveNetns;

TEST_F(LinksLive, AreRemovedAndNeedNotBeThere) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  EXPECT_OK(links_->remove_link("st-bfront"));
  EXPECT_FALSE(link("st-bfront"));
  EXPECT_OK(links_->remove_link("st-bfront"));
}

TEST_F(LinksLive, AreListedWithKindAndMaster) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  shell("ip link add st-vport mtu 1399 type veth; ip link set st-vport master st-bfront");
  const auto port = link("st-vport");
  ASSERT_TRUE(port);
  EXPECT_EQ(port->kind, "veth");
  EXPECT_EQ(port->master, "st-bfront");
  EXPECT_EQ(port->mtu, 1399U);
  EXPECT_FALSE(port->up);
  const auto lo = link("lo");
  ASSERT_TRUE(lo);
  EXPECT_EQ(lo->kind, "");
  EXPECT_EQ(lo->master, "");
}

TEST_F(LinksLive, AreThoseOfTheNamespaceTheyWereOpenedIn) {
  const auto scope = InNetns::enter(box_.get(), host_.get());
  ASSERT_TRUE(scope);
  shell("ip link add elsewhere type bridge");
  EXPECT_FALSE(link("elsewhere"));
}

using Networks = std::vector<std::string>;

TEST_F(LinksLive, NetworksInUseAreThoseOfAddressesAndRoutes) {
  EXPECT_EQ(links_->networks_in_use().value(), Networks{});
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  shell(
      "ip link set lo up; ip link add lan type bridge; ip link set lan up; "
      "ip address add 192.0.2.77/25 dev lan; ip route add 198.51.100.0/24 via 192.0.2.1; "
      "ip route add default via 192.0.2.1; ip -6 route add 2001:db8:5::/48 dev lan; "
      "ip route add table 100 203.0.113.0/24 dev lan; ip route add blackhole 10.255.0.0/16");
  const Networks used = links_->networks_in_use().value();
  const std::set<std::string> names(used.begin(), used.end());
  for (const char* name :
       {"10.1.0.0/24", "fd01::/64", "192.0.2.0/25", "198.51.100.0/24", "2001:db8:5::/48", "203.0.113.0/24"})
    EXPECT_TRUE(names.contains(name)) << name;
  for (const char* name : {"0.0.0.0/0", "127.0.0.0/8", "::1/128"}) EXPECT_FALSE(names.contains(name)) << name;
}

TEST_F(LinksLive, NetworksOfAnAddressAreInUseWhileItsLinkIsDown) {
  shell("ip link add lan type bridge; ip address add 192.0.2.77/25 dev lan");
  EXPECT_EQ(links_->networks_in_use().value(), Networks{"192.0.2.0/25"});
}

using Forwarding = LiveNetns;

TEST_F(Forwarding, IsSwitchedOnAndKeepsTheHostsOwnAddresses) {
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  shell("ip link add lan type bridge; ip link add wan type bridge");
  ASSERT_TRUE(set_sysctl("ipv6/conf/lan/accept_ra", "1"));
  ASSERT_TRUE(set_sysctl("ipv6/conf/wan/accept_ra", "0"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_OK(enable_forwarding({kBridge}));
    const std::pair<const char*, const char*> cases[] = {{"ipv4/ip_forward", "1"},
                                                         {"ipv6/conf/all/forwarding", "1"},
                                                         {"ipv6/conf/lan/accept_ra", "2"},
                                                         {"ipv6/conf/wan/accept_ra", "0"},
                                                         {"ipv6/conf/st-bfront/accept_ra", "0"},
                                                         {"ipv4/conf/st-bfront/route_localnet", "1"},
                                                         {"ipv4/conf/lan/route_localnet", "0"}};
    for (const auto& [name, value] : cases) EXPECT_EQ(read_sysctl(name).value(), value) << name;
  }
}

TEST_F(Forwarding, TakesBridgeNetfilterOffOurBridgesAndLeavesItOnOthers) {
  const char* const kSwitch = "bridge/bridge-nf-call-iptables";
  if (!read_sysctl(kSwitch)) {  // br_netfilter is not loaded here: there is nothing to take off
    EXPECT_OK(enable_forwarding({}));
    return;
  }
  ASSERT_TRUE(set_sysctl(kSwitch, "1"));
  ASSERT_TRUE(links_->ensure_bridge(kBridge));
  shell("ip link add docker0 type bridge");
  Bridge named = kBridge;
  named.ifname = "br0";
  named.owner = "shop";
  named.address4 = named.address6 = "";
  ASSERT_TRUE(links_->ensure_bridge(named));
  EXPECT_OK(enable_forwarding({kBridge}));
  EXPECT_EQ(read_sysctl(kSwitch).value(), "0");
  EXPECT_TRUE(holds(shell("ip -d link show dev br0"), "nf_call_iptables 0 "));
  EXPECT_TRUE(holds(shell("ip -d link show dev docker0"), "nf_call_iptables 1 "));
  EXPECT_TRUE(holds(shell("ip -d link show dev st-bfront"), "nf_call_iptables 0 "));
}

}  // namespace
}  // namespace stack::net
