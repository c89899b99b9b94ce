#include "net/address.h"

#include <gtest/gtest.h>
#include <net/if.h>

#include <set>

#include "net/ipam.h"
#include "net/naming.h"

namespace stack::net {
namespace {

Ip ip(const std::string& text) {
  return parse_ip(text).value();
}

Prefix prefix(const std::string& text) {
  return parse_prefix(text).value();
}

constexpr const char* kNone = "none";

TEST(Address, OfAHostIsReadAndPrintedInItsShortestForm) {
  const std::pair<const char*, const char*> cases[] = {{"10.1.2.3", "10.1.2.3"},
                                                       {"0.0.0.0", "0.0.0.0"},
                                                       {"255.255.255.255", "255.255.255.255"},
                                                       {"::", "::"},
                                                       {"FD12:0:0:0::1", "fd12::1"},
                                                       {"::ffff:10.1.2.3", "::ffff:10.1.2.3"},
                                                       {"", kNone},
                                                       {"web", kNone},
                                                       {"10.1.2", kNone},
                                                       {"10.1.2.256", kNone},
                                                       {"10.1.2.03", kNone},
                                                       {" 10.1.2.3", kNone},
                                                       {"10.1.2.3/24", kNone},
                                                       {":::", kNone},
                                                       {"fd12::1::2", kNone},
                                                       {"fe80::1%eth0", kNone}};
  for (const auto& [text, want] : cases) {
    const auto parsed = parse_ip(text);
    EXPECT_EQ(parsed ? to_string(*parsed) : kNone, want) << text;
  }
}

TEST(Address, WithAPrefixKeepsItsHostBits) {
  const std::pair<const char*, const char*> cases[] = {{"10.1.2.3/24", "10.1.2.3/24"},
                                                       {"0.0.0.0/0", "0.0.0.0/0"},
                                                       {"10.0.0.1/32", "10.0.0.1/32"},
                                                       {"FD00::1/128", "fd00::1/128"},
                                                       {"10.0.0.0/33", kNone},
                                                       {"fd00::/129", kNone},
                                                       {"10.0.0.0", kNone},
                                                       {"10.0.0.0/", kNone},
                                                       {"/24", kNone},
                                                       {"10.0.0.0/-1", kNone},
                                                       {"10.0.0.0/+8", kNone},
                                                       {"10.0.0.0/ 8", kNone},
                                                       {"10.0.0.0/24x", kNone},
                                                       {"10.0.0.0/24/24", kNone},
                                                       {"10.0.0.0/4294967304", kNone},
                                                       {"10.0.0/24", kNone}};
  for (const auto& [text, want] : cases) {
    const auto parsed = parse_prefix(text);
    EXPECT_EQ(parsed ? to_string(*parsed) : kNone, want) << text;
  }
}

TEST(Address, OfANetworkHasNoHostBits) {
  const std::pair<const char*, const char*> cases[] = {{"10.1.2.3/24", "10.1.2.0/24"},
                                                       {"10.1.2.3/0", "0.0.0.0/0"},
                                                       {"10.1.2.3/32", "10.1.2.3/32"},
                                                       {"10.1.2.255/31", "10.1.2.254/31"},
                                                       {"10.255.255.255/9", "10.128.0.0/9"},
                                                       {"fd12:1:2:3:4::5/64", "fd12:1:2:3::/64"},
                                                       {"fdff::1/7", "fc00::/7"}};
  for (const auto& [text, want] : cases) EXPECT_EQ(to_string(network_of(prefix(text))), want) << text;
}

TEST(Address, LiesInAPrefixOfItsOwnFamily) {
  const struct {
    const char *prefix, *ip;
    bool inside;
  } cases[] = {{"10.1.2.0/24", "10.1.2.0", true},
               {"10.1.2.0/24", "10.1.2.255", true},
               {"10.1.2.0/24", "10.1.3.0", false},
               {"10.1.2.9/24", "10.1.2.1", true},
               {"10.128.0.0/9", "10.127.0.1", false},
               {"10.128.0.0/9", "10.255.0.1", true},
               {"10.1.2.3/32", "10.1.2.3", true},
               {"10.1.2.3/32", "10.1.2.2", false},
               {"0.0.0.0/0", "192.0.2.1", true},
               {"0.0.0.0/0", "::1", false},
               {"fd12::/16", "fd12:ffff::1", true},
               {"fd12::/64", "fd12:0:0:1::", false},
               {"::/0", "10.1.2.3", false}};
  for (const auto& c : cases)
    EXPECT_EQ(contains(prefix(c.prefix), ip(c.ip)), c.inside) << c.prefix << " " << c.ip;
}

TEST(Address, PrefixesOverlapWhereOneHoldsTheOther) {
  const struct {
    const char *a, *b;
    bool same;
  } cases[] = {{"10.1.0.0/16", "10.1.2.0/24", true},    {"10.1.2.0/24", "10.1.2.0/24", true},
               {"10.1.2.0/25", "10.1.2.128/25", false}, {"10.1.2.0/24", "10.1.2.77/24", true},
               {"0.0.0.0/0", "10.1.2.0/24", true},      {"0.0.0.0/0", "fd12::/64", false},
               {"fd12::/48", "fd12:0:0:7::/64", true},  {"fd12::/64", "fd12:0:0:1::/64", false}};
  for (const auto& c : cases) {
    EXPECT_EQ(overlap(prefix(c.a), prefix(c.b)), c.same) << c.a << " " << c.b;
    EXPECT_EQ(overlap(prefix(c.b), prefix(c.a)), c.same) << c.b << " " << c.a;
  }
}

TEST(Address, PrefixesSpanAPowerOfTwo) {
  const std::pair<const char*, std::uint64_t> cases[] = {{"10.0.0.0/24", 256},
                                                         {"10.0.0.0/30", 4},
                                                         {"10.0.0.0/32", 1},
                                                         {"0.0.0.0/0", std::uint64_t{1} << 32},
                                                         {"fd00::/126", 4},
                                                         {"fd00::/64", std::uint64_t{1} << 63},
                                                         {"::/0", std::uint64_t{1} << 63}};
  for (const auto& [text, size] : cases) EXPECT_EQ(size_of(prefix(text)), size) << text;
}

TEST(Address, CountsFromTheFirstOfItsPrefixAndCarries) {
  const struct {
    const char* prefix;
    std::uint64_t offset;
    const char* want;
  } cases[] = {
      {"10.1.2.0/24", 0, "10.1.2.0"},      {"10.1.2.99/24", 1, "10.1.2.1"},
      {"10.1.0.0/16", 256, "10.1.1.0"},    {"10.1.0.0/16", 65535, "10.1.255.255"},
      {"10.0.255.255/32", 1, "10.1.0.0"},  {"fd12::/64", 1, "fd12::1"},
      {"fd12::/64", 0x10000, "fd12::1:0"}, {"fd12::/64", std::uint64_t{1} << 62, "fd12::4000:0:0:0"}};
  for (const auto& c : cases) EXPECT_EQ(to_string(nth(prefix(c.prefix), c.offset)), c.want) << c.prefix;
}

TEST(Address, SortsByFamilyAndThenAsANumber) {
  const std::set<Ip> sorted{ip("::1"), ip("10.0.0.10"), ip("10.0.0.9"), ip("9.255.0.1")};
  std::vector<std::string> texts;
  for (const Ip& one : sorted) texts.push_back(to_string(one));
  EXPECT_EQ(texts, (std::vector<std::string>{"9.255.0.1", "10.0.0.9", "10.0.0.10", "::1"}));
}

TEST(Naming, LinksOfAnyNamesFitTheKernel) {
  const std::string longest(200, 'x');
  for (const std::string& name : {std::string(), std::string("a"), std::string("shop"), longest}) {
    for (const std::string& link : {bridge_ifname(name, name), veth_ifname(name, name, name)}) {
      EXPECT_LT(link.size(), IFNAMSIZ) << link;
      EXPECT_EQ(link.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567-"), std::string::npos) << link;
    }
    EXPECT_TRUE(bridge_ifname(name, name).starts_with(kBridgePrefix));
    EXPECT_TRUE(veth_ifname(name, name, name).starts_with(kVethPrefix));
  }
}

TEST(Naming, LinksOfDifferentOwnersDiffer) {
  const std::set<std::string> names{bridge_ifname("a", "bc"),   bridge_ifname("ab", "c"),
                                    bridge_ifname("abc", ""),   veth_ifname("a", "b", "c"),
                                    veth_ifname("ab", "", "c"), veth_ifname("a", "bc", ""),
                                    veth_ifname("a", "c", "b"), veth_ifname("", "ab", "c")};
  EXPECT_EQ(names.size(), 8U);
}

// A stack that is up while we are replaced by another version must be found again under its names.
TEST(Naming, StaysTheSameFromOneVersionToTheNext) {
  EXPECT_EQ(bridge_ifname("shop", "default"), "st-bgl7cqpegeuc");
  EXPECT_EQ(veth_ifname("shop", "web", "default"), "st-vej3k2p6yqq5");
  EXPECT_EQ(hashed_ifname("st-b", 0), "st-baaaaaaaaaaa");
  EXPECT_EQ(hashed_ifname("st-v", 31 | (26 << 5)), "st-v72aaaaaaaaa");
}

TEST(Naming, MacsAreLocallyAdministeredAndUnicast) {
  EXPECT_EQ(local_mac(0), "02:00:00:00:00:00");
  EXPECT_EQ(local_mac(0x123456789abc), "02:34:56:78:9a:bc");
  EXPECT_EQ(local_mac(~std::uint64_t{0}), "02:ff:ff:ff:ff:ff");
}

TEST(Naming, HashesTellWhereOnePartEndsAndTheNextBegins) {
  const std::set<std::uint64_t> hashes{name_hash({}),          name_hash({""}),       name_hash({"", ""}),
                                       name_hash({"ab", "c"}), name_hash({"abc"}),    name_hash({"a", "bc"}),
                                       name_hash({"abc", ""}), name_hash({"", "abc"})};
  EXPECT_EQ(hashes.size(), 8U);
  EXPECT_EQ(name_hash({"a", "b"}), name_hash({"a", "b"}));
}

}  // namespace
}  // namespace stack::net
