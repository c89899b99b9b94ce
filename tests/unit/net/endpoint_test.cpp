// Endpoints of a container, on the real kernel in two network namespaces made for the test.
#include "net/endpoint.h"

#include "tests/unit/net/live_netns.h"
#include "tests/unit/net/web_endpoint.h"

namespace stack::net {
namespace {

constexpr std::uint64_t kMegabit = 1'000'000;
const Bridge kBack{"st-bback", "10.2.0.1/24", "fd02::1/64", 1500};

Endpoint web() {
  Endpoint endpoint = web_endpoint();
  endpoint.gateway4 = "10.1.0.1";
  endpoint.gateway6 = "fd01::1";
  endpoint.mtu = 1400;
  return endpoint;
}

class EndpointLive : public LiveNetns {
 protected:
  void SetUp() override {
    LiveNetns::SetUp();
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_TRUE(links_->ensure_bridge(kFront));
    ASSERT_TRUE(links_->ensure_bridge(kBack));
  }

  Result<void> ensure(const Endpoint& endpoint) { return links_->ensure_endpoint(box_.get(), endpoint); }
  std::string addresses() { return inside(addresses_of("eth0")); }
  std::string ways_out() { return settled(inside("ip -4 route show default; ip -6 route show default")); }
  // All that is seen of both ends but fe80::, which comes in its own time.
  std::string whole_state() {
    return settled(shell("ip -o link show dev st-vweb; tc qdisc show dev st-vweb") +
                   inside("ip -o link show dev eth0; tc qdisc show dev eth0")) +
           addresses() + ways_out();
  }
  static bool limited(const std::string& qdiscs) { return holds(qdiscs, "tbf"); }
  std::string host_qdiscs() { return shell("tc qdisc show dev st-vweb"); }
  std::string container_qdiscs() { return inside("tc qdisc show dev eth0"); }
};

TEST_F(EndpointLive, IsAVethBetweenTheBridgeAndTheContainer) {
  EXPECT_OK(ensure(web()));
  const auto port = link("st-vweb");
  ASSERT_TRUE(port);
  EXPECT_EQ(port->kind, "veth");
  EXPECT_EQ(port->master, "st-bfront");
  EXPECT_EQ(port->mtu, 1400U);
  EXPECT_TRUE(port->up);
  const std::string end = inside("ip -o link show dev eth0");
  for (const char* part : {",UP", "mtu 1400 ", "link/ether 02:00:00:00:00:07 "})
    EXPECT_TRUE(holds(end, part)) << part << " in " << end;
  EXPECT_EQ(addresses(), "10.1.0.7/24 fd01::7/64 ");
  const std::string ways = ways_out();
  EXPECT_TRUE(holds(ways, "default via 10.1.0.1 dev eth0")) << ways;
  EXPECT_TRUE(holds(ways, "default via fd01::1 dev eth0")) << ways;
}

TEST_F(EndpointLive, HasNoWayOutUnlessOneIsGiven) {
  Endpoint endpoint = web();
  endpoint.gateway4 = endpoint.gateway6 = "";
  EXPECT_OK(ensure(endpoint));
  EXPECT_EQ(ways_out(), "");
}

TEST_F(EndpointLive, MayBeWithoutIpv6) {
  Endpoint endpoint = web();
  endpoint.address6 = endpoint.gateway6 = "";
  EXPECT_OK(ensure(endpoint));
  EXPECT_EQ(addresses(), "10.1.0.7/24 ");
}

TEST_F(EndpointLive, TakesNoAdvertisementsAndHasIpv6WhereNewLinksHaveNone) {
  const auto read = [this](const std::string& name) { return inside("cat /proc/sys/net/ipv6/conf/" + name); };
  inside("echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
  EXPECT_OK(ensure(web()));
  EXPECT_EQ(addresses(), "10.1.0.7/24 fd01::7/64 ");
  EXPECT_EQ(read("eth0/accept_ra"), "0\n");
  EXPECT_EQ(read("default/disable_ipv6"), "1\n");
}

TEST_F(EndpointLive, HasNoLinkLocalAddressOnTheHost) {
  EXPECT_OK(ensure(web()));
  EXPECT_EQ(shell("ip -o address show dev st-vweb"), "");
}

TEST_F(EndpointLive, BroughtTwiceIsTheSame) {
  Endpoint endpoint = web();
  endpoint.bandwidth = {8 * kMegabit, 4 * kMegabit};
  EXPECT_OK(ensure(endpoint));
  const int before = ifindex("st-vweb");
  const std::string state = whole_state();
  EXPECT_OK(ensure(endpoint));
  EXPECT_EQ(ifindex("st-vweb"), before);
  EXPECT_EQ(whole_state(), state);
}

TEST_F(EndpointLive, IsMendedOnTheHost) {
  EXPECT_OK(ensure(web()));
  const std::string before = whole_state();
  for (const char* harm : {"ip link set st-vweb nomaster", "ip link set st-vweb master st-bback",
                           "ip link set st-vweb down", "ip link set st-vweb mtu 1300"}) {
    shell(harm);
    EXPECT_NE(whole_state(), before) << harm;
    EXPECT_OK(ensure(web()));
    EXPECT_EQ(whole_state(), before) << harm;
  }
}

TEST_F(EndpointLive, IsMendedInTheContainer) {
  EXPECT_OK(ensure(web()));
  const std::string before = whole_state();
  for (const char* harm : {"ip link set eth0 down", "ip link set eth0 mtu 1300", "ip address flush dev eth0",
                           "ip route del default", "ip -6 route del default"}) {
    inside(harm);
    EXPECT_NE(whole_state(), before) << harm;
    EXPECT_OK(ensure(web()));
    EXPECT_EQ(whole_state(), before) << harm;
  }
}

TEST_F(EndpointLive, MovesToAnotherSubnetAndGateway) {
  EXPECT_OK(ensure(web()));
  const int before = ifindex("st-vweb");
  inside("ip address add 192.0.2.1/24 dev eth0");
  Endpoint moved = web();
  moved.bridge = kBack.ifname;
  moved.address4 = "10.2.0.9/24";
  moved.address6 = "fd02::9/64";
  moved.gateway4 = "10.2.0.1";
  moved.gateway6 = "fd02::1";
  EXPECT_OK(ensure(moved));
  EXPECT_EQ(ifindex("st-vweb"), before);
  EXPECT_EQ(link("st-vweb")->master, "st-bback");
  const std::string now = addresses(), ways = ways_out();
  for (const char* kept : {"192.0.2.1/24 ", "10.2.0.9/24 ", "fd02::9/64 "})
    EXPECT_TRUE(holds(now, kept)) << kept << "in " << now;
  EXPECT_FALSE(holds(now, "10.1.0.7") || holds(now, "fd01::7")) << now;
  EXPECT_TRUE(holds(ways, "via 10.2.0.1") && holds(ways, "via fd02::1")) << ways;
  EXPECT_FALSE(holds(ways, "via 10.1.0.1") || holds(ways, "via fd01::1")) << ways;
}

TEST_F(EndpointLive, LosesItsWayOut) {
  EXPECT_OK(ensure(web()));
  Endpoint endpoint = web();
  endpoint.gateway4 = endpoint.gateway6 = "";
  EXPECT_OK(ensure(endpoint));
  EXPECT_EQ(ways_out(), "");
  EXPECT_EQ(addresses(), "10.1.0.7/24 fd01::7/64 ");
}

TEST_F(EndpointLive, KeepsItsWayOutWhenItsAddressChanges) {
  EXPECT_OK(ensure(web()));
  const std::string before = ways_out();
  Endpoint endpoint = web();
  endpoint.address4 = "10.1.0.8/24";
  endpoint.address6 = "fd01::8/64";
  EXPECT_OK(ensure(endpoint));
  EXPECT_EQ(addresses(), "10.1.0.8/24 fd01::8/64 ");
  EXPECT_EQ(ways_out(), before);
}

TEST_F(EndpointLive, IsMadeAnewWhenItsMacDiffers) {
  EXPECT_OK(ensure(web()));
  const int before = ifindex("st-vweb");
  Endpoint other = web();
  other.mac = "02:00:00:00:00:08";
  EXPECT_OK(ensure(other));
  EXPECT_NE(ifindex("st-vweb"), before);
  EXPECT_TRUE(holds(inside("ip -o link show dev eth0"), "link/ether 02:00:00:00:00:08 "));
  EXPECT_EQ(addresses(), "10.1.0.7/24 fd01::7/64 ");
}

TEST_F(EndpointLive, IsMadeAnewWhenItsContainerHasAnotherNamespace) {
  EXPECT_OK(ensure(web()));
  const int before = ifindex("st-vweb");
  const UniqueFd old = std::move(box_);
  box_ = new_netns();
  ASSERT_EQ(::setns(host_.get(), CLONE_NEWNET), 0);
  EXPECT_OK(ensure(web()));
  EXPECT_NE(ifindex("st-vweb"), before);
  EXPECT_EQ(addresses(), "10.1.0.7/24 fd01::7/64 ");
}

TEST_F(EndpointLive, IsMadeAnewWhenItsHostEndIsElsewhere) {
  const UniqueFd other = new_netns();
  ASSERT_EQ(::setns(host_.get(), CLONE_NEWNET), 0);
  const std::string there = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(other.get());
  EXPECT_OK(ensure(web()));
  for (const std::string& harm :
       {std::string("down; ip link set st-vweb name elsewhere"), "netns " + there}) {
    shell("ip link set st-vweb " + harm);
    EXPECT_FALSE(link("st-vweb"));
    EXPECT_OK(ensure(web()));
    ASSERT_TRUE(link("st-vweb")) << harm;
    EXPECT_EQ(link("st-vweb")->master, "st-bfront");
    EXPECT_EQ(addresses(), "10.1.0.7/24 fd01::7/64 ");
    EXPECT_FALSE(link("elsewhere"));
  }
}

TEST_F(EndpointLive, TakesThePlaceOfALinkOfAnotherKind) {
  shell("ip link add st-vweb type bridge");
  EXPECT_OK(ensure(web()));
  EXPECT_EQ(link("st-vweb")->kind, "veth");
}

TEST_F(EndpointLive, GoesFromTheContainerWithItsLink) {
  EXPECT_OK(ensure(web()));
  EXPECT_OK(links_->remove_link("st-vweb"));
  EXPECT_FALSE(holds(inside("ip -o link show"), "eth0"));
}

TEST_F(EndpointLive, OfTwoNetworksAreBothInTheContainer) {
  Endpoint back = web();
  back.host_ifname = "st-vweb2";
  back.container_ifname = "eth1";
  back.bridge = kBack.ifname;
  back.mac = "02:00:00:00:00:09";
  back.address4 = "10.2.0.7/24";
  back.address6 = back.gateway4 = back.gateway6 = "";
  EXPECT_OK(ensure(web()));
  EXPECT_OK(ensure(back));
  EXPECT_EQ(addresses() + inside(addresses_of("eth1")), "10.1.0.7/24 fd01::7/64 10.2.0.7/24 ");
  EXPECT_EQ(link("st-vweb2")->master, "st-bback");
}

TEST_F(EndpointLive, IsLimitedWhereEachEndSends) {
  Endpoint endpoint = web();
  endpoint.bandwidth = {8 * kMegabit, 4 * kMegabit};
  EXPECT_OK(ensure(endpoint));
  EXPECT_TRUE(holds(host_qdiscs(), "tbf")) << host_qdiscs();
  EXPECT_TRUE(holds(host_qdiscs(), " rate 8Mbit ")) << host_qdiscs();
  EXPECT_TRUE(holds(container_qdiscs(), " rate 4Mbit ")) << container_qdiscs();
  endpoint.bandwidth = {2 * kMegabit, 80'000 * kMegabit};
  EXPECT_OK(ensure(endpoint));
  EXPECT_TRUE(holds(host_qdiscs(), " rate 2Mbit ")) << host_qdiscs();
  EXPECT_TRUE(holds(container_qdiscs(), " rate 80Gbit ")) << container_qdiscs();
}

TEST_F(EndpointLive, IsLimitedInOneDirectionAlone) {
  Endpoint endpoint = web();
  endpoint.bandwidth.ingress = 8 * kMegabit;
  EXPECT_OK(ensure(endpoint));
  EXPECT_TRUE(limited(host_qdiscs()));
  EXPECT_FALSE(limited(container_qdiscs()));
  endpoint.bandwidth = {0, 8 * kMegabit};
  EXPECT_OK(ensure(endpoint));
  EXPECT_FALSE(limited(host_qdiscs()));
  EXPECT_TRUE(limited(container_qdiscs()));
}

TEST_F(EndpointLive, LosesALimitThatWasTakenOutOfTheFile) {
  const Endpoint unlimited = web();
  Endpoint endpoint = unlimited;
  endpoint.bandwidth = {8 * kMegabit, 4 * kMegabit};
  EXPECT_OK(ensure(unlimited));
  const std::string before = whole_state();
  EXPECT_OK(ensure(endpoint));
  EXPECT_NE(whole_state(), before);
  EXPECT_OK(ensure(unlimited));
  EXPECT_EQ(whole_state(), before);
}

TEST_F(EndpointLive, TellsWhatCannotBeDoneAndLeavesTheThreadAtHome) {
  const std::tuple<std::string Endpoint::*, const char*, const char*> cases[] = {
      {&Endpoint::bridge, "st-bgone", "look up bridge \"st-bgone\": No such device"},
      {&Endpoint::mac, "seven", "not a hardware address: \"seven\""},
      {&Endpoint::address4, "10.1.0.7", "not an address with its prefix length: \"10.1.0.7\""},
      {&Endpoint::gateway6, "fd01::1/64", "not an address: \"fd01::1/64\""},
      {&Endpoint::gateway4, "10.9.0.1",
       "set up \"eth0\": Nexthop has invalid gateway: Network is unreachable"},
  };
  for (const auto& [member, value, words] : cases) {
    Endpoint bad = web();
    bad.*member = value;
    const auto made = ensure(bad);
    ASSERT_FALSE(made) << value;
    EXPECT_EQ(made.error().words, words);
    EXPECT_TRUE(same_netns(host_)) << value;
  }
  EXPECT_OK(ensure(web()));
}

TEST_F(EndpointLive, DoesNotTakeANameThatTheContainerHasAlready) {
  inside("ip link add eth0 type bridge");
  const auto made = ensure(web());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, EEXIST);
  EXPECT_TRUE(made.error().words.starts_with("create veth \"st-vweb\": ")) << made.error().words;
  EXPECT_FALSE(link("st-vweb"));
}

Endpoint second() {
  Endpoint endpoint = web();
  endpoint.host_ifname = "st-vtwo";
  endpoint.container_ifname = "lan.7";
  endpoint.bridge = kBack.ifname;
  endpoint.mac = "02:00:00:00:00:09";
  endpoint.address4 = "10.2.0.7/24";
  endpoint.address6 = "fd02::7/64";
  endpoint.gateway4 = "10.2.0.1";
  endpoint.gateway6 = "fd02::1";
  return endpoint;
}

TEST_F(EndpointLive, TakesTheWayOutFromAnotherInWhateverOrder) {
  EXPECT_OK(ensure(web()));
  EXPECT_OK(ensure(second()));
  const std::string ways = ways_out();
  EXPECT_TRUE(holds(ways, "via 10.2.0.1 dev lan.7") && holds(ways, "via fd02::1 dev lan.7")) << ways;
  EXPECT_FALSE(holds(ways, "eth0")) << ways;
  Endpoint without = web();
  without.gateway4 = without.gateway6 = "";
  EXPECT_OK(ensure(without));
  EXPECT_EQ(ways_out(), ways);
}

TEST_F(EndpointLive, LeavesTheWayOutThatTheContainerChose) {
  EXPECT_OK(ensure(second()));
  inside("ip link add tunnel type bridge; ip link set tunnel up; ip route replace default dev tunnel");
  EXPECT_OK(ensure(second()));
  EXPECT_TRUE(holds(ways_out(), "default dev tunnel")) << ways_out();
}

TEST_F(EndpointLive, HasLinkLocalAddressesOfItsLinkAlone) {
  Endpoint endpoint = web();
  endpoint.link_local = {"169.254.7.7", "fe80::77"};
  EXPECT_OK(ensure(endpoint));
  const std::string now = inside("ip -o address show dev eth0");
  EXPECT_TRUE(holds(now, "169.254.7.7/16 brd 169.254.255.255 scope link")) << now;
  EXPECT_TRUE(holds(now, "fe80::77/64 scope link")) << now;
  endpoint.link_local = {"169.254.7.8"};
  EXPECT_OK(ensure(endpoint));
  const std::string then = inside("ip -o address show dev eth0");
  EXPECT_TRUE(holds(then, "169.254.7.8/16")) << then;
  EXPECT_FALSE(holds(then, "169.254.7.7/16") || holds(then, "fe80::77")) << then;
}

TEST_F(EndpointLive, HasTheSettingsOfItsInterfaceWhateverItsNameHolds) {
  Endpoint endpoint = second();
  endpoint.sysctls = {{"net.ipv4.conf.IFNAME.log_martians", "1"}, {"net.ipv6.conf.IFNAME.accept_ra", "1"}};
  EXPECT_OK(ensure(endpoint));
  EXPECT_EQ(inside("cat /proc/sys/net/ipv4/conf/lan.7/log_martians"), "1\n");
  EXPECT_EQ(inside("cat /proc/sys/net/ipv6/conf/lan.7/accept_ra"), "1\n");
  endpoint.sysctls = {{"net.ipv4.conf.IFNAME.log_martian", "1"}};
  const auto brought = ensure(endpoint);
  ASSERT_FALSE(brought);
  EXPECT_TRUE(holds(brought.error().words, "ipv4/conf/lan.7/log_martian")) << brought.error().words;
}

TEST(InterfaceSysctl, IsThereOrNot) {
  EXPECT_TRUE(has_interface_sysctl("net.ipv4.conf.IFNAME.log_martians"));
  EXPECT_FALSE(has_interface_sysctl("net.ipv4.conf.IFNAME.log_martian"));
}

TEST_F(EndpointLive, IsIsolatedFromOthersThatAreSoAndNoLonger) {
  const auto isolation = [] { return shell("ip -d -o link show dev st-vweb | grep -o 'isolated [a-z]*'"); };
  Endpoint endpoint = web();
  endpoint.isolated = true;
  EXPECT_OK(ensure(endpoint));
  EXPECT_EQ(isolation(), "isolated on\n");
  EXPECT_OK(ensure(web()));
  EXPECT_EQ(isolation(), "isolated off\n");
  EXPECT_OK(ensure(endpoint));
  EXPECT_EQ(isolation(), "isolated on\n");
}

}  // namespace
}  // namespace stack::net
