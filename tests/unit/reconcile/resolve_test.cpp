#include "core/reconcile/resolve.h"

#include <gtest/gtest.h>

#include "core/reconcile/dns_views.h"

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

// `web` on "default", "back" and the internal "dark".
StackSpec on_three_networks() {
  StackSpec spec = stack_of({"web"});
  for (const char* key : {"back", "dark"}) {
    spec.networks[key].key = key;
    spec.services["web"].networks[key] = {};
  }
  spec.networks["dark"].internal = true;
  return spec;
}

// The networks that give the default route, of IPv4 and of IPv6.
std::string ways_out(const Desired& desired) {
  std::string text;
  for (const auto& [key, endpoint] : desired.sandboxes.at("web").endpoints) {
    if (!endpoint.gateway4.empty()) text += key + "/4 ";
    if (!endpoint.gateway6.empty()) text += key + "/6 ";
  }
  return text;
}

TEST(Resolve, LeadsOutThroughTheHighestPriorityThatIsNotInternal) {
  StackSpec spec = on_three_networks();
  auto& networks = spec.services["web"].networks;
  AddressBook book;
  EXPECT_EQ(ways_out(resolved(spec, book)), "back/4 back/6 ");
  networks["default"].gw_priority = 1;
  networks["dark"].gw_priority = 9;
  EXPECT_EQ(ways_out(resolved(spec, book)), "default/4 default/6 ");
  spec.networks["default"].enable_ipv6 = false;
  EXPECT_EQ(ways_out(resolved(spec, book)), "back/6 default/4 ");
  spec.networks["default"].internal = spec.networks["back"].internal = true;
  EXPECT_EQ(ways_out(resolved(spec, book)), "");
}

TEST(Resolve, PublishesThroughTheWayOutOfEachFamily) {
  StackSpec spec = on_three_networks();
  spec.services["web"].ports = {{"", 8080, 80, "tcp"}};
  spec.services["web"].networks["default"].gw_priority = 1;
  spec.networks["default"].enable_ipv6 = false;
  AddressBook book;
  const Desired desired = resolved(spec, book);
  const auto& endpoints = desired.sandboxes.at("web").endpoints;
  const net::Firewall firewall = firewall_of(desired);
  ASSERT_EQ(firewall.ports.size(), 1U);
  EXPECT_EQ(firewall.ports[0].target4, endpoints.at("default").ipv4);
  EXPECT_EQ(firewall.ports[0].target6, endpoints.at("back").ipv6);
}

TEST(Resolve, GivesTheInterfaceWhatItsAttachmentSays) {
  StackSpec spec = on_three_networks();
  ServiceSpec& web = spec.services["web"];
  web.mac_address = "02:00:00:00:00:01";
  web.networks["dark"].priority = 1;
  web.networks["back"].mac_address = "02:00:00:00:00:02";
  web.networks["back"].interface_name = "lan0";
  web.networks["back"].link_local_ips = {"169.254.7.7"};
  web.networks["back"].sysctls = {{"net.ipv4.conf.IFNAME.forwarding", "0"}};
  spec.networks["back"].icc = false;
  AddressBook book;
  const Desired desired = resolved(spec, book);
  const DesiredSandbox& sandbox = desired.sandboxes.at("web");
  EXPECT_EQ(sandbox.attach_order().front(), "dark");
  EXPECT_EQ(sandbox.endpoints.at("dark").mac, "02:00:00:00:00:01");
  const DesiredEndpoint& back = sandbox.endpoints.at("back");
  EXPECT_EQ(back.mac, "02:00:00:00:00:02");
  EXPECT_EQ(back.interface_name, "lan0");
  EXPECT_EQ(back.link_local_ips, web.networks["back"].link_local_ips);
  EXPECT_EQ(back.sysctls, web.networks["back"].sysctls);
  EXPECT_TRUE(back.isolated);
  EXPECT_FALSE(sandbox.endpoints.at("dark").isolated);
}

TEST(Resolve, ChangesNothingThatLivesWhenNetworksComeAndGo) {
  AddressBook book;
  const StackSpec three = on_three_networks();
  const Desired before = resolved(three, book);
  StackSpec one = three;
  one.services["web"].networks.erase("back");
  one.services["web"].networks["dark"].aliases = {"x"};
  one.networks.erase("back");
  one.networks["dark"].mtu = 1400;
  const Desired after = resolved(one, book);
  EXPECT_EQ(before.containers.at("web").hash, after.containers.at("web").hash);
  EXPECT_EQ(before.sandboxes.at("web").hash, after.sandboxes.at("web").hash);
  EXPECT_NE(before.networks.at("dark").hash, after.networks.at("dark").hash);
  one.services["web"].networks.clear();
  EXPECT_NE(resolved(one, book).containers.at("web").hash, after.containers.at("web").hash);
}

TEST(Resolve, CallsABridgeAsTheFileDoes) {
  StackSpec spec = stack_of({"a"});
  spec.networks["default"].bridge_name = "br-shop";
  AddressBook book;
  const Desired desired = resolved(spec, book);
  EXPECT_EQ(desired.networks.at("default").bridge, "br-shop");
  EXPECT_TRUE(desired.networks.at("default").claimed);
  EXPECT_EQ(firewall_of(desired).networks.at(0).bridge, "br-shop");
}

TEST(Resolve, MayGiveIpv6Alone) {
  StackSpec spec = stack_of({"a"});
  spec.networks["default"].enable_ipv4 = false;
  AddressBook book;
  const Desired desired = resolved(spec, book);
  const DesiredEndpoint& endpoint = desired.sandboxes.at("a").endpoints.at("default");
  EXPECT_EQ(endpoint.ipv4 + endpoint.gateway4, "");
  EXPECT_NE(endpoint.ipv6, "");
  EXPECT_NE(endpoint.gateway6, "");
}

// What `asker` is answered for a name.
std::vector<std::string> answer_to(const Desired& desired, const std::string& asker,
                                   const std::string& name) {
  const auto view = dns_view(desired, asker);
  const auto found = view->names.find(name);
  return found == view->names.end() ? std::vector<std::string>{} : found->second;
}

TEST(DnsView, HasLinksOfTheServiceThatHasThemAlone) {
  StackSpec spec = stack_of({"a", "b", "db"});
  spec.services["a"].links = {{"db", "Store"}, {"db", "b"}};
  spec.networks["back"].key = "back";
  add(spec, "far").networks = {{"back", {}}};
  spec.services["a"].links.push_back({"far", "far-away"});
  AddressBook book;
  const Desired desired = resolved(spec, book);
  const DesiredEndpoint& db = desired.sandboxes.at("db").endpoints.at("default");
  const std::vector<std::string> of_db = {db.ipv4, db.ipv6};
  EXPECT_EQ(answer_to(desired, "a", "store"), of_db);
  EXPECT_EQ(answer_to(desired, "a", "b"), of_db);  // before the service of that name
  EXPECT_NE(answer_to(desired, "db", "b"), of_db);
  EXPECT_TRUE(answer_to(desired, "b", "store").empty());
  EXPECT_TRUE(answer_to(desired, "a", "far-away").empty());  // on no network with it
}

}  // namespace
}  // namespace stack
