#include "specs/replicas.h"

#include <gtest/gtest.h>

#include "specs/one_off.h"

namespace stack {
namespace {

using Kind = NamespaceMode::Kind;

ServiceSpec service(const std::string& name, std::optional<int> scale = std::nullopt) {
  ServiceSpec one;
  one.name = name;
  one.container_name = "shop-" + name + "-1";
  one.scale = scale;
  return one;
}

StackSpec stack_of(const std::vector<ServiceSpec>& services) {
  StackSpec spec;
  spec.name = "shop";
  for (const ServiceSpec& one : services) spec.services[one.name] = one;
  return spec;
}

std::set<std::string> names(const StackSpec& spec) {
  std::set<std::string> all;
  for (const auto& [name, one] : spec.services) all.insert(name);
  return all;
}

TEST(Replicas, NamesTellTheServiceAndTheNumber) {
  EXPECT_EQ(replica_name("web", 1), "web");
  EXPECT_EQ(replica_name("web", 12), "web#12");
  EXPECT_EQ(service_behind("web#12"), "web");
  EXPECT_EQ(number_of("web#12"), 12);
  EXPECT_EQ(number_of("web"), 1);
  EXPECT_EQ(numbered_name("web#2"), "web-2");
  EXPECT_EQ(numbered_name("web"), "web-1");
  EXPECT_EQ(numbered_name("web@0123456789ab"), "web@0123456789ab");
  EXPECT_TRUE(is_replica("web#2") && !is_replica("web") && !is_one_off("web#2"));
}

TEST(Replicas, EachIsAServiceWithANameOfItsOwn) {
  const StackSpec all = with_replicas(stack_of({service("web", 3), service("db")}));
  EXPECT_EQ(names(all), (std::set<std::string>{"db", "web", "web#2", "web#3"}));
  EXPECT_EQ(all.services.at("web#3").name, "web#3");
  EXPECT_EQ(all.services.at("web#3").container_name, "shop-web-3");
  EXPECT_EQ(all.services.at("web").container_name, "shop-web-1");
  EXPECT_EQ(names(with_replicas(all)), names(all)) << "they do not multiply again";
}

TEST(Replicas, WhoDependsOnAServiceDependsOnAllOfIt) {
  ServiceSpec client = service("client", 2);
  client.depends_on["web"].condition = DependsCondition::service_healthy;
  client.depends_on["none"] = {};
  client.links = {{"web", "w"}, {"none", "n"}};
  const StackSpec all = with_replicas(stack_of({service("web", 2), service("none", 0), client}));
  EXPECT_EQ(names(all), (std::set<std::string>{"client", "client#2", "web", "web#2"}));
  for (const char* name : {"client", "client#2"}) {
    const ServiceSpec& one = all.services.at(name);
    ASSERT_EQ(one.depends_on.size(), 2U) << name;
    EXPECT_EQ(one.depends_on.at("web#2").condition, DependsCondition::service_healthy) << name;
    EXPECT_EQ(one.links, (std::vector<ServiceLink>{{"web", "w"}, {"web#2", "w"}})) << name;
  }
}

TEST(Replicas, ANamedServiceIsAllOfItsContainersAndNoOneOff) {
  StackSpec all = with_replicas(stack_of({service("web", 2), service("web2"), service("db", 2)}));
  all.services["web@0123456789ab"] = service("web@0123456789ab");
  EXPECT_EQ(containers_of(all, {"web"}), (std::set<std::string>{"web", "web#2"}));
  EXPECT_EQ(containers_of(all, {"web#2"}), (std::set<std::string>{"web#2"}));
  EXPECT_EQ(containers_of(all, {"web@0123456789ab"}), (std::set<std::string>{"web@0123456789ab"}));
  EXPECT_TRUE(containers_of(all, {"gone"}).empty());
}

TEST(Replicas, WhatOneContainerAloneCanHaveIsAFaultOfSeveral) {
  ServiceSpec web = service("web", 2);
  web.container_name = "mine";
  web.mac_address = "02:42:ac:11:00:07";
  web.networks["front"].ipv4_address = "10.0.0.2";
  web.networks["front"].ipv6_address = "fd00::2";
  web.networks["front"].mac_address = "02:42:ac:11:00:08";
  web.ports = {{"", 8080, 80, "tcp"}, {"", 0, 81, "tcp"}};
  std::set<std::string> keys;
  for (const ReplicaFault& fault : replica_faults(stack_of({web}))) keys.insert(fault.key);
  EXPECT_EQ(keys,
            (std::set<std::string>{"container_name", "mac_address", "networks.front.ipv4_address",
                                   "networks.front.ipv6_address", "networks.front.mac_address", "ports.0"}));
  web.scale = 1;
  EXPECT_TRUE(replica_faults(stack_of({web})).empty());
}

TEST(Replicas, ANamespaceOfNobodyIsAFault) {
  ServiceSpec side = service("side");
  side.network_mode = {Kind::service, "web"};
  const auto faults = replica_faults(stack_of({service("web", 0), side}));
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].words,
            "network_mode of service \"side\" is that of \"web\", which is to have no container");
  EXPECT_TRUE(replica_faults(stack_of({service("web", 2), side})).empty());
}

}  // namespace
}  // namespace stack
