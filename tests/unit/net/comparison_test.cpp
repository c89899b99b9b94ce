// What was made compared with what is, and what the kernel tells of changes, in namespaces made for the test.
#include "net/firewall.h"
#include "net/firewall_events.h"
#include "net/link_events.h"
#include "tests/unit/net/live_netns.h"
#include "tests/unit/net/web_endpoint.h"

namespace stack::net {
namespace {

Endpoint web() {
  Endpoint endpoint = web_endpoint();
  endpoint.bandwidth.ingress = 10'000'000;
  return endpoint;
}

class ComparisonLive : public LiveNetns {
 protected:
  void SetUp() override {
    LiveNetns::SetUp();
    ASSERT_FALSE(HasFatalFailure());
    make();
  }
  void make() {
    EXPECT_OK(links_->ensure_bridge(kFront));
    EXPECT_OK(enable_forwarding({kFront}));
    EXPECT_OK(links_->ensure_endpoint(box_.get(), web()));
  }
  // "st-vweb: down instead of up", or "".
  std::string difference() {
    const auto compared = links_->compare({kFront}, {web()});
    EXPECT_TRUE(compared) << compared.error().words;
    std::string text;
    for (const Difference& one : compared->differences)
      text += one.ifname + ": " + one.found + " instead of " + one.expected + "; ";
    return text;
  }
};

TEST_F(ComparisonLive, FindsNothingInWhatWasJustMade) {
  EXPECT_EQ(difference(), "");
}

TEST_F(ComparisonLive, FindsAndMendsEveryChange) {
  const std::pair<const char*, const char*> harms[] = {
      {"ip link set st-bfront down", "st-bfront: down instead of up; "},
      {"ip link set st-bfront mtu 1400", "st-bfront: mtu 1400 instead of mtu 1500; "},
      {"ip link set st-bfront type bridge mcast_snooping 1",
       "st-bfront: multicast snooping on instead of multicast snooping off; "},
      {"ip address del 10.1.0.1/24 dev st-bfront", "st-bfront: none instead of address 10.1.0.1/24; "},
      {"ip -6 address del fd01::1/64 dev st-bfront", "st-bfront: none instead of address fd01::1/64; "},
      {"ip route del 10.1.0.0/24 dev st-bfront", "st-bfront: none instead of route to 10.1.0.0/24; "},
      {"ip -6 route del fd01::/64 dev st-bfront", "st-bfront: none instead of route to fd01::/64; "},
      {"ip -6 route del local ::1 dev st-bfront table local",
       "st-bfront: none instead of local route to ::1; "},
      {"echo 0 > /proc/sys/net/ipv4/ip_forward",
       "st-bfront: 0 instead of ipv4/conf/st-bfront/forwarding = 1; "},
      {"echo 0 > /proc/sys/net/ipv4/conf/st-bfront/route_localnet",
       "st-bfront: 0 instead of ipv4/conf/st-bfront/route_localnet = 1; "},
      {"ip link set st-vweb down", "st-vweb: down instead of up; "},
      {"ip link set st-vweb mtu 1400", "st-vweb: mtu 1400 instead of mtu 1500; "},
      {"ip link set st-vweb nomaster", "st-vweb: a port of nothing instead of a port of st-bfront; "},
      {"bridge link set dev st-vweb isolated on", "st-vweb: isolated instead of not isolated; "},
      {"bridge link set dev st-vweb flood off",
       "st-vweb: a port with other settings instead of a plain port; "},
      {"bridge link set dev st-vweb state 0", "st-vweb: held back instead of forwarding; "},
      {"tc qdisc del dev st-vweb root",
       "st-vweb: none or another instead of a rate limit of 10000000 bit/s; "},
      {"ip link del st-vweb", "st-vweb: gone instead of there; "},
  };
  for (const auto& [harm, words] : harms) {
    shell(harm);
    EXPECT_EQ(difference(), words) << harm;
    make();
    EXPECT_EQ(difference(), "") << harm;
  }
}

TEST_F(ComparisonLive, LeavesTheContainersEndToTheContainer) {
  inside("ip link set eth0 mtu 1400; ip address flush dev eth0; ip link set eth0 down");
  EXPECT_EQ(difference(), "");
}

class EventsLive : public ComparisonLive {
 protected:
  void SetUp() override {
    ComparisonLive::SetUp();
    // The kernel tells of a carrier in its own time.
    for (const char* ifname : {"st-bfront", "st-vweb"})
      shell(std::string("until ip -o link show dev ") + ifname + " | grep -q 'state UP'; do :; done");
    auto opened = LinkEvents::open();
    ASSERT_TRUE(opened) << opened.error().words;
    events_.emplace(*std::move(opened));
  }
  bool heard() {
    const auto it = events_->heard_of({"st-bfront"}, {ifindex("st-bfront")});
    EXPECT_TRUE(it) << it.error().words;
    return it && *it;
  }
  std::optional<LinkEvents> events_;
};

TEST_F(EventsLive, HearsOfWhatIsDoneToALinkOfOurs) {
  EXPECT_FALSE(heard());
  for (const char* harm :
       {"ip link set st-bfront mtu 1400", "ip address del 10.1.0.1/24 dev st-bfront",
        "ip -6 route del local ::1 dev st-bfront table local", "tc qdisc add dev st-bfront root pfifo",
        "echo 0 > /proc/sys/net/ipv4/ip_forward", "ip link del st-bfront"}) {
    shell(harm);
    EXPECT_TRUE(heard()) << harm;
  }
}

TEST_F(EventsLive, DoesNotHearOfOthers) {
  shell(
      "ip link add d0 type bridge; ip link set d0 up mtu 1300; ip address add 192.0.2.1/24 dev d0; "
      "ip route add 198.51.100.0/24 via 192.0.2.2; ip link del d0");
  EXPECT_FALSE(heard());
}

TEST_F(EventsLive, SaysSoWhenItCouldNotHearAll) {
  shell(
      "ip link add d0 type bridge; for n in $(seq 1300 1800); do echo link set d0 mtu $n; done | ip -batch "
      "-");
  EXPECT_TRUE(heard());
  EXPECT_FALSE(heard());
}

class FirewallEventsLive : public LiveNetns {
 protected:
  void SetUp() override {
    LiveNetns::SetUp();
    ASSERT_FALSE(HasFatalFailure());
    auto opened = FirewallEvents::open("shop");
    ASSERT_TRUE(opened) << opened.error().words;
    events_.emplace(*std::move(opened));
    put();
  }
  void put() {
    Firewall firewall;
    firewall.project = "shop";
    firewall.networks = {{"st-bfront", "10.1.0.0/24", "fd01::/64", false}};
    auto table = FirewallTable::open("shop");
    ASSERT_TRUE(table);
    auto change = FirewallChange::begin(*table, render(firewall));
    ASSERT_TRUE(change);
    EXPECT_OK(change->finish());
  }
  FirewallEvents::Heard take() {
    const auto heard = events_->take();
    EXPECT_TRUE(heard) << heard.error().words;
    return heard ? *heard : FirewallEvents::Heard{};
  }
  static std::string digest() { return FirewallTable::open("shop").value().digest().value(); }
  std::optional<FirewallEvents> events_;
};

TEST_F(FirewallEventsLive, CountsTransactionsThatTouchTheTableAndNamesWhoDidThem) {
  EXPECT_EQ(take().transactions, 1);
  put();
  put();
  EXPECT_EQ(take().transactions, 2);
  shell("nft add table inet other; nft add chain inet other c");
  EXPECT_EQ(take().transactions, 0);
  shell("nft flush chain inet stack_shop forward");
  const FirewallEvents::Heard heard = take();
  EXPECT_EQ(heard.transactions, 1);
  EXPECT_EQ(heard.by, "nft");
  EXPECT_TRUE(heard.everything);
  shell("nft add chain inet stack_shop another");
  put();
  EXPECT_EQ(take().by, "nft") << "not ourselves, who came after";
}

TEST_F(FirewallEventsLive, AnotherChecksumAfterEveryChange) {
  std::string before = digest();
  EXPECT_EQ(digest(), before);
  for (const char* harm :
       {"flush chain inet stack_shop forward", "add rule inet stack_shop forward accept",
        "add chain inet stack_shop another", "chain inet stack_shop forward { policy drop; }",
        "add table inet stack_shop { flags dormant; }", "delete table inet stack_shop"}) {
    shell(std::string("nft '") + harm + "'");
    EXPECT_NE(digest(), before) << harm;
    before = digest();
  }
  EXPECT_EQ(before, "");
}

}  // namespace
}  // namespace stack::net
