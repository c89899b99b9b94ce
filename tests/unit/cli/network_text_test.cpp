#include "cmd/stack/network_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stack::cmd {
namespace {

using nlohmann::json;

ListedNetwork network(const std::string& name, const std::string& id) {
  ListedNetwork one;
  one.id = id + std::string(64 - id.size(), '0');
  one.project = "shop";
  one.spec.key = "back";
  one.spec.name = name;
  one.spec.internal = true;
  one.spec.labels = {{"kind", "cache"}};
  one.spec.range4 = "10.1.0.128/25";
  one.spec.aux4 = {{"router", "10.1.0.2"}};
  one.spec.icc = false;
  one.subnets = {"10.1.0.0/24", "10.1.0.1", "", ""};
  one.bridge = "st-bx";
  one.members = {{"c1", "shop-web-1", "web", {"10.1.0.9", "", "02:00:00:00:00:01"}}};
  return one;
}

TEST(NetworkText, IsATableOfDockers) {
  EXPECT_EQ(network_table({network("shop_back", "abc")}, Ids::shortened),
            "NETWORK ID     NAME        DRIVER   SCOPE\nabc000000000   shop_back   bridge   local\n");
}

TEST(NetworkText, IsALineOfDockersJson) {
  EXPECT_EQ(network_line_json(network("shop_back", "abc"), Ids::shortened),
            json::parse(R"({"Driver": "bridge", "ID": "abc000000000", "IPv4": "true", "IPv6": "false",
                            "Internal": "true", "Labels": "kind=cache", "Name": "shop_back", "Scope": "local"})"));
}

TEST(NetworkText, IsAnItemOfDockersInspect) {
  const json item = network_json(network("shop_back", "abc"));
  EXPECT_EQ(item.at("IPAM").at("Config"),
            json::parse(R"([{"Subnet": "10.1.0.0/24", "Gateway": "10.1.0.1", "IPRange": "10.1.0.128/25",
                             "AuxiliaryAddresses": {"router": "10.1.0.2"}}])"));
  EXPECT_EQ(item.at("Containers").at("c1"),
            json::parse(R"({"Name": "shop-web-1", "MacAddress": "02:00:00:00:00:01", "Service": "web",
                            "IPv4Address": "10.1.0.9/24", "IPv6Address": ""})"));
  EXPECT_EQ(item.at("Options").at("com.docker.network.bridge.enable_icc"), "false");
  EXPECT_EQ(item.at("Bridge"), "st-bx");
  EXPECT_EQ(item.at("EnableIPv6"), false);
}

TEST(NetworkText, FiltersByNameAndLabel) {
  const struct {
    std::vector<std::string> filters;
    bool matches;
  } cases[] = {{{}, true},
               {{"name=back"}, true},
               {{"name=front"}, false},
               {{"name=front", "name=op_b"}, true},
               {{"label=kind"}, true},
               {{"label=kind=cache", "driver=bridge", "scope=local"}, true},
               {{"label=kind=cach"}, false},
               {{"label=kin"}, false}};
  for (const auto& c : cases)
    EXPECT_EQ(matches(parse_network_filter(c.filters).value(), network("shop_back", "a").spec), c.matches);
  EXPECT_EQ(parse_network_filter({"nam=x"}).error().words, "unknown filter \"nam\": did you mean \"name\"?");
  EXPECT_EQ(parse_network_filter({"driver=macvlan"}).error().words,
            "filter \"driver=macvlan\": there is no other than \"bridge\"");
  EXPECT_FALSE(parse_network_filter({"name"}));
}

TEST(NetworkText, FindsByNameAndById) {
  const std::vector<ListedNetwork> all = {network("shop_back", "abc1"), network("shop_front", "abc2")};
  EXPECT_EQ(find_networks(all, "shop_back").value().at(0).spec.name, "shop_back");
  EXPECT_EQ(find_networks(all, "abc2").value().at(0).spec.name, "shop_front");
  EXPECT_EQ(find_networks(all, "abc").error().words, "network \"abc\": several have an id that begins so");
  EXPECT_EQ(find_networks(all, "shop_bak").error().words,
            "network \"shop_bak\" is not there: did you mean \"shop_back\"?");
}

}  // namespace
}  // namespace stack::cmd
