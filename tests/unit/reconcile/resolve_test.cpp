#include "core/reconcile/resolve.h"

#include <gtest/gtest.h>

namespace stack {
namespace {

using Kind = NamespaceMode::Kind;

ServiceSpec& add(StackSpec& spec, const std::string& name) {
  ServiceSpec& service = spec.services[name];
  service.name = name;
  service.container_name = spec.name + "-" + name + "-1";
  service.networks["default"] = {};
  return service;
}

StackSpec stack_of(const std::vector<std::string>& names) {
  StackSpec spec;
  spec.name = "shop";
  NetworkSpec& network = spec.networks["default"];
  network.key = "default";
  network.name = "shop_default";
  for (const std::string& name : names) add(spec, name);
  return spec;
}

Desired resolved(const StackSpec& spec, AddressBook& book, const std::set<std::string>& stopped = {}) {
  ResolveInput input{&spec, &stopped, {}, {}};
  for (const auto& [service, group] : sharing_groups(spec)) input.ids[group] = {0x70000000u, 65536};
  auto desired = resolve(input, book);
  EXPECT_TRUE(desired.ok()) << (desired.ok() ? "" : desired.error().words);
  return desired.ok() ? std::move(desired).value() : Desired{};
}

TEST(Resolve, GivesEachServiceNamespacesAndAUserRangeOfItsOwn) {
  AddressBook book;
  const Desired desired = resolved(stack_of({"a", "b"}), book);
  EXPECT_EQ(desired.sandboxes.size(), 2u);
  EXPECT_NE(desired.containers.at("a").group, desired.containers.at("b").group);
  EXPECT_NE(desired.sandboxes.at("a").endpoints.at("default").ipv4,
            desired.sandboxes.at("b").endpoints.at("default").ipv4);
}

TEST(Resolve, PutsSharersInOneGroupAndOneNetworkNamespace) {
  StackSpec spec = stack_of({"api", "sidecar", "other"});
  spec.services["sidecar"].network_mode = {Kind::service, "api", false};
  spec.services["sidecar"].networks.clear();
  AddressBook book;
  const Desired desired = resolved(spec, book);
  EXPECT_EQ(desired.containers.at("sidecar").net_owner, "api");
  EXPECT_EQ(desired.containers.at("sidecar").uts_owner, "sidecar");
  EXPECT_EQ(desired.containers.at("sidecar").group, desired.containers.at("api").group);
  EXPECT_NE(desired.containers.at("other").group, desired.containers.at("api").group);
}

TEST(Resolve, FollowsAChainOfSharersToItsOwner) {
  StackSpec spec = stack_of({"a", "b", "c"});
  spec.services["b"].network_mode = {Kind::service, "a", false};
  spec.services["c"].network_mode = {Kind::service, "b", false};
  AddressBook book;
  const Desired desired = resolved(spec, book);
  EXPECT_EQ(desired.containers.at("c").net_owner, "a");
}

TEST(Resolve, LetsAPodShareNetworkAndIpc) {
  StackSpec spec = stack_of({"a", "b"});
  spec.services["a"].pod = spec.services["b"].pod = "p";
  AddressBook book;
  const Desired desired = resolved(spec, book);
  EXPECT_EQ(desired.containers.at("a").net_owner, "pod:p");
  EXPECT_EQ(desired.containers.at("b").ipc_owner, "pod:p");
  EXPECT_EQ(desired.containers.at("b").uts_owner, "b");
}

TEST(Resolve, KeepsAddressesWhenServicesComeAndGo) {
  AddressBook book;
  const Desired before = resolved(stack_of({"b", "c"}), book);
  const Desired after = resolved(stack_of({"a", "c", "d"}), book);
  EXPECT_EQ(before.sandboxes.at("c").endpoints.at("default").ipv4,
            after.sandboxes.at("c").endpoints.at("default").ipv4);
  std::set<std::string> addresses;
  for (const auto& [owner, sandbox] : after.sandboxes) addresses.insert(sandbox.endpoints.at("default").ipv4);
  EXPECT_EQ(addresses.size(), 3u);
}

TEST(Resolve, IsTheSameForTheSameFile) {
  AddressBook one, two;
  const Desired a = resolved(stack_of({"a", "b"}), one);
  const Desired b = resolved(stack_of({"a", "b"}), two);
  EXPECT_EQ(a.containers.at("a").hash, b.containers.at("a").hash);
  EXPECT_EQ(a.firewall_hash, b.firewall_hash);
  EXPECT_EQ(one, two);
}

TEST(Resolve, MakesAContainerAnewWhenItsUserRangeChanged) {
  const StackSpec spec = stack_of({"a"});
  const std::set<std::string> none;
  ResolveInput input{&spec, &none, {}, {}};
  const std::string group = sharing_groups(spec).at("a");
  AddressBook book;
  input.ids[group] = {0x70000000u, 65536};
  const auto before = resolve(input, book);
  input.ids[group] = {0x70010000u, 65536};
  const auto after = resolve(input, book);
  EXPECT_NE(before->containers.at("a").hash, after->containers.at("a").hash);
}

TEST(Resolve, LeavesOutThePortsOfWhatIsStopped) {
  StackSpec spec = stack_of({"web"});
  spec.services["web"].ports = {{"", 8080, 80, "tcp"}};
  AddressBook book;
  const Desired running = resolved(spec, book);
  const Desired stopped = resolved(spec, book, {"web"});
  EXPECT_TRUE(running.containers.at("web").wanted_running);
  EXPECT_FALSE(stopped.containers.at("web").wanted_running);
  EXPECT_NE(running.firewall_hash, stopped.firewall_hash);
}

TEST(Resolve, GivesTheHostsNamespacesNoOwner) {
  StackSpec spec = stack_of({"a"});
  ServiceSpec& a = spec.services["a"];
  a.network_mode.kind = a.ipc.kind = a.uts.kind = Kind::host;
  a.networks.clear();
  a.userns_host = true;
  AddressBook book;
  const Desired desired = resolved(spec, book);
  EXPECT_TRUE(desired.sandboxes.empty());
  EXPECT_EQ(desired.containers.at("a").group, "");
}

}  // namespace
}  // namespace stack
