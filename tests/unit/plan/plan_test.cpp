#include "core/plan/plan.h"

#include <gtest/gtest.h>

#include "specs/canonical.h"
#include "tests/unit/plan/fake_kernel.h"

namespace stack {
namespace {

using test::FakeKernel;

DesiredContainer container_of(const ServiceSpec& service) {
  DesiredContainer want;
  want.spec = std::make_shared<const ServiceSpec>(service);
  want.keys = recreate_keys(service);
  want.hash = service_hash(want.keys);
  want.resources_hash = service.resources.memory ? std::to_string(*service.resources.memory) : "";
  want.group = want.net_owner = want.ipc_owner = want.uts_owner = service.name;
  return want;
}

void add_service(Desired& desired, const ServiceSpec& service) {
  DesiredSandbox sandbox{service.name, true, true, true, "", "", 0, {}, "hash of " + service.name};
  sandbox.endpoints["default"] = {"st-v" + service.name, "10.0.0.2", "",
                                  "02:00:00:00:00:01",   {},         {service.name}};
  desired.sandboxes[service.name] = sandbox;
  desired.containers[service.name] = container_of(service);
}

ServiceSpec service_named(const std::string& name) {
  ServiceSpec service;
  service.name = name;
  service.command = {"sleep", "infinity"};
  return service;
}

// `web` depends on `db`, both on one network.
Desired two_services() {
  Desired desired;
  desired.project = "shop";
  desired.networks["default"] = {"st-b1", "10.0.0.0/24", "10.0.0.1", "", "", false, 1500, "n1"};
  desired.firewall_hash = "f1";
  add_service(desired, service_named("db"));
  ServiceSpec web = service_named("web");
  web.depends_on["db"] = {};
  web.positions["command"] = {"/srv/shop/compose.yaml", 7, 5};
  add_service(desired, web);
  return desired;
}

FakeKernel running(const Desired& desired) {
  FakeKernel kernel(desired);
  EXPECT_TRUE(kernel.converge());
  return kernel;
}

TEST(Plan, OfAnEmptyHostMakesNetworkThenNamespacesThenContainersInTheOrderOfTheirDependencies) {
  EXPECT_EQ(render(make_plan(two_services(), {})),
            "+ create network default: not there\n"
            "~ replace firewall table: not there\n"
            "+ create namespaces of db: not there\n"
            "+ create namespaces of web: not there\n"
            "+ start container db: not there\n"
            "+ start container web: not there; after db to be started\n");
}

TEST(Plan, IsEmptyWhenAllIsAsDesired) {
  const Desired desired = two_services();
  EXPECT_EQ(render(make_plan(desired, running(desired).observed)), "");
}

TEST(Plan, NamesTheKeyAndTheLineThatForceAContainerToBeMadeAnew) {
  Desired desired = two_services();
  FakeKernel kernel = running(desired);
  ServiceSpec web = *desired.containers.at("web").spec;
  web.command = {"sleep", "1"};
  desired.containers["web"] = container_of(web);
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "~ recreate container web: command changed (compose.yaml:7)\n"
            "+ start container web: to be made anew; after its old process to end\n");
  EXPECT_TRUE(kernel.converge());
  EXPECT_EQ(kernel.observed.containers.at("web").hash, desired.containers.at("web").hash);
}

TEST(Plan, RestartsNobodyWhenOnlyWhatCanBeChangedInPlaceChanged) {
  Desired desired = two_services();
  const FakeKernel kernel = running(desired);
  ServiceSpec web = *desired.containers.at("web").spec;
  web.restart.kind = RestartPolicy::Kind::always;
  web.labels["a"] = "b";
  web.stop_signal = "SIGINT";
  web.ports.push_back({"", 8080, 80, "tcp"});
  desired.containers["web"] = container_of(web);
  desired.firewall_hash = "f2";
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "~ replace firewall table: its rules changed\n");
}

TEST(Plan, WritesAChangedLimitIntoTheLiveCgroup) {
  Desired desired = two_services();
  FakeKernel kernel = running(desired);
  ServiceSpec web = *desired.containers.at("web").spec;
  web.resources.memory = 1 << 20;
  desired.containers["web"] = container_of(web);
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "~ update limits of web: limits changed\n");
}

TEST(Plan, StopsDependentsBeforeWhatTheyDependOn) {
  const Desired desired = two_services();
  FakeKernel kernel = running(desired);
  Desired nothing;
  nothing.project = "shop";
  const std::string plan = render(make_plan(nothing, kernel.observed));
  EXPECT_NE(plan.find("- stop container db: not in the file; after web to stop\n"), std::string::npos)
      << plan;
  EXPECT_NE(plan.find("- stop container web: not in the file\n"), std::string::npos) << plan;
  kernel.want(nothing);
  EXPECT_TRUE(kernel.converge());
  EXPECT_TRUE(kernel.observed.networks.empty());
  EXPECT_TRUE(kernel.observed.sandboxes.empty());
  EXPECT_TRUE(kernel.observed.containers.empty());
  EXPECT_EQ(kernel.observed.firewall_hash, "");
}

TEST(Plan, HoldsBackAServiceUntilItsDependencyIsHealthy) {
  Desired desired = two_services();
  ServiceSpec db = *desired.containers.at("db").spec;
  db.healthcheck.emplace().test = {"true"};
  desired.containers["db"] = container_of(db);
  ServiceSpec web = *desired.containers.at("web").spec;
  web.depends_on["db"].condition = DependsCondition::service_healthy;
  desired.containers["web"] = container_of(web);
  FakeKernel kernel(desired);
  for (int pass = 0; pass < 5; ++pass) {
    kernel.apply(make_plan(desired, kernel.observed));
    kernel.settle();
  }
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "+ start container web: not there; after db to be healthy\n");
  kernel.observed.containers.at("db").health = Health::healthy;
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "+ start container web: not there\n");
}

TEST(Plan, SaysThatAStartIsImpossibleWhenWhatMustCompleteHasFailed) {
  Desired desired = two_services();
  ServiceSpec web = *desired.containers.at("web").spec;
  web.depends_on["db"].condition = DependsCondition::service_completed_successfully;
  desired.containers["web"] = container_of(web);
  FakeKernel kernel(desired);
  for (int pass = 0; pass < 5; ++pass) {
    kernel.apply(make_plan(desired, kernel.observed));
    kernel.settle();
  }
  kernel.exit("db", 3);
  const Plan plan = make_plan(desired, kernel.observed);
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_NE(plan[0].impossible.find("code 3"), std::string::npos) << plan[0].impossible;
  kernel.exit("db", 0);
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "+ start container web: not there\n");
}

TEST(Plan, HoldsBackAServiceUntilTheHooksOfItsDependencyHaveRun) {
  Desired desired = two_services();
  ServiceSpec db = *desired.containers.at("db").spec;
  db.post_start.resize(2);
  desired.containers["db"] = container_of(db);
  FakeKernel kernel(desired);
  for (int pass = 0; pass < 5; ++pass) {
    kernel.apply(make_plan(desired, kernel.observed));
    kernel.settle();
  }
  ObservedContainer& running = kernel.observed.containers.at("db");
  running.post_start_done = 1;
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "+ start container web: not there; after post_start of db\n");
  running.hook_fault = "post_start hook 2: exited with code 1";
  EXPECT_EQ(make_plan(desired, kernel.observed).at(0).impossible,
            "dependency failed to start: db: post_start hook 2: exited with code 1");
  running.hook_fault.clear();
  running.post_start_done = 2;
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "+ start container web: not there\n");
}

TEST(Plan, RestartsWhatDiedNotBeforeItsBackOffIsOver) {
  Desired desired = two_services();
  ServiceSpec db = *desired.containers.at("db").spec;
  db.restart.kind = RestartPolicy::Kind::always;
  desired.containers["db"] = container_of(db);
  FakeKernel kernel = running(desired);
  kernel.exit("db", 1);
  kernel.observed.containers.at("db").next_start_ns = 77;
  const Plan plan = make_plan(desired, kernel.observed);
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_EQ(plan[0].not_before_ns, 77);
  EXPECT_EQ(render(plan), "+ start container db: exited with code 1\n");
}

TEST(Plan, LeavesAloneWhatEndedForGood) {
  const Desired desired = two_services();
  FakeKernel kernel = running(desired);
  kernel.exit("db", 0);
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "");
}

TEST(Plan, WhatWasRemovedByHandStaysAwayAndItsRecordGoesWithTheStack) {
  Desired desired = two_services();
  FakeKernel kernel = running(desired);
  desired.containers.at("web").wanted_running = false;
  kernel.observed.containers["web"] = ObservedContainer{};
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "");
  Desired nothing;
  nothing.project = "shop";
  const std::string plan = render(make_plan(nothing, kernel.observed));
  EXPECT_NE(plan.find("- remove container web: not in the file\n"), std::string::npos) << plan;
}

TEST(Plan, PutsBackWhateverIsTakenAway) {
  const Desired desired = two_services();
  FakeKernel kernel = running(desired);
  kernel.observed.networks.clear();
  kernel.observed.firewall_hash.clear();
  kernel.observed.sandboxes.at("db").networks.clear();
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "+ create network default: not there\n"
            "~ replace firewall table: not there\n"
            "+ attach network default to db: not attached\n");
}

TEST(Plan, MovesASharedNamespaceOnlyAfterEverybodyLeftIt) {
  Desired desired = two_services();
  desired.containers["web"].net_owner = "db";
  desired.containers["web"].hash += " in db";
  desired.sandboxes.at("web").endpoints.clear();
  FakeKernel kernel = running(desired);
  Desired changed = desired;
  changed.sandboxes.at("db").hash = "another";
  changed.containers.at("db").hash += "x";
  changed.containers.at("web").hash += "x";
  kernel.want(changed);
  const std::string plan = render(make_plan(changed, kernel.observed));
  EXPECT_NE(plan.find("remove namespaces of db: its settings changed; after db to stop, web to stop"),
            std::string::npos)
      << plan;
  EXPECT_TRUE(kernel.converge());
  EXPECT_EQ(kernel.observed.sandboxes.at("db").hash, "another");
}

// The same stack, `web` on a second network too.
Desired on_two_networks() {
  Desired desired = two_services();
  desired.networks["back"] = {"st-b2", "10.1.0.0/24", "10.1.0.1", "", "", false, 1500, "n2"};
  desired.sandboxes.at("web").endpoints["back"] = {"st-vback",          "10.1.0.2", "",
                                                   "02:00:00:00:00:02", {},         {"web"}};
  return desired;
}

TEST(Plan, AttachesANetworkToWhatRuns) {
  const Desired before = two_services(), after = on_two_networks();
  FakeKernel kernel = running(before);
  EXPECT_EQ(render(make_plan(after, kernel.observed)),
            "+ create network back: not there\n"
            "+ attach network back to web: not attached\n");
  kernel.want(after);
  EXPECT_TRUE(kernel.converge());
  EXPECT_EQ(render(make_plan(before, kernel.observed)),
            "- detach network back from web: not in the file\n"
            "- remove network back: not in the file\n");
  kernel.want(before);
  EXPECT_TRUE(kernel.converge());
}

TEST(Plan, SetsANetworkUpAnewAsItStands) {
  Desired desired = on_two_networks();
  const FakeKernel kernel = running(desired);
  desired.networks.at("back").hash = "n3";
  desired.networks.at("back").mtu = 1400;
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "+ create network back: its settings changed\n");
  desired.sandboxes.at("web").endpoints.at("back").ipv4 = "10.1.0.9";
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "- detach network back from web: its address changed\n"
            "+ create network back: its settings changed\n"
            "+ attach network back to web: its address changed\n");
}

TEST(Plan, AttachesAgainWhatHungOnABridgeOfAnotherName) {
  Desired desired = on_two_networks();
  FakeKernel kernel = running(desired);
  desired.networks.at("back").hash = "n3";
  desired.networks.at("back").bridge = "br-back";
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "- remove network back: its bridge has another name\n"
            "+ create network back: its settings changed\n"
            "+ attach network back to web: not attached\n");
  for (int fail_at = 0; fail_at < 4; ++fail_at) {
    FakeKernel interrupted = running(on_two_networks());
    interrupted.want(desired);
    interrupted.apply(make_plan(desired, interrupted.observed), fail_at);
    EXPECT_TRUE(interrupted.converge()) << "interrupted at step " << fail_at;
    EXPECT_TRUE(interrupted.observed.sandboxes.at("web").networks.contains("back"));
  }
}

TEST(Plan, AttachesTheHighestPriorityFirst) {
  Desired desired = on_two_networks();
  desired.sandboxes.at("web").endpoints.at("default").priority = 1;
  EXPECT_EQ(desired.sandboxes.at("web").attach_order(), (std::vector<std::string>{"default", "back"}));
  desired.sandboxes.at("web").endpoints.at("back").priority = 1;
  EXPECT_EQ(desired.sandboxes.at("web").attach_order(), (std::vector<std::string>{"back", "default"}));
}

TEST(Plan, SaysWhatOfAnInterfaceChanged) {
  const struct {
    void (*change)(DesiredEndpoint&);
    const char* plan;
  } cases[] = {
      {[](DesiredEndpoint& e) { e.bandwidth.egress = 8; },
       "+ attach network back to web: bandwidth changed\n"},
      {[](DesiredEndpoint& e) { e.gateway4 = "10.1.0.1"; },
       "+ attach network back to web: its way out, MTU or isolation changed\n"},
      {[](DesiredEndpoint& e) { e.isolated = true; },
       "+ attach network back to web: its way out, MTU or isolation changed\n"},
      {[](DesiredEndpoint& e) { e.mtu = 1400; },
       "+ attach network back to web: its way out, MTU or isolation changed\n"},
      {[](DesiredEndpoint& e) { e.interface_prefix = "lan"; },
       "- detach network back from web: its interface changed\n"
       "+ attach network back to web: its interface changed\n"},
      {[](DesiredEndpoint& e) { e.mac = "02:00:00:00:00:03"; },
       "- detach network back from web: its interface changed\n"
       "+ attach network back to web: its interface changed\n"},
      {[](DesiredEndpoint& e) { e.sysctls["net.ipv4.conf.IFNAME.forwarding"] = "0"; },
       "- detach network back from web: its interface changed\n"
       "+ attach network back to web: its interface changed\n"},
      {[](DesiredEndpoint& e) { e.link_local_ips.push_back("169.254.7.7"); },
       "- detach network back from web: its interface changed\n"
       "+ attach network back to web: its interface changed\n"},
      {[](DesiredEndpoint& e) { e.names.push_back("alias"); }, ""},
      {[](DesiredEndpoint& e) { e.priority = 9; }, ""},
  };
  for (const auto& c : cases) {
    Desired desired = on_two_networks();
    const FakeKernel kernel = running(desired);
    c.change(desired.sandboxes.at("web").endpoints.at("back"));
    EXPECT_EQ(render(make_plan(desired, kernel.observed)), c.plan);
  }
}

TEST(Plan, FreesANameBeforeAnotherInterfaceTakesIt) {
  Desired desired = on_two_networks();
  FakeKernel kernel = running(desired);
  kernel.observed.sandboxes.at("web").networks.at("back").ifname = "eth1";
  desired.sandboxes.at("web").endpoints.at("back").interface_name = "eth0";
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "- detach network back from web: its interface changed\n"
            "- detach network default from web: network back is to have the name eth0\n"
            "+ attach network back to web: its interface changed\n"
            "+ attach network default to web: network back is to have the name eth0\n");
}

// The property that matters most: interrupted after any step, planning anew gets there all the same.
TEST(Plan, RemovesWhatWasToBeMadeAnewAndNeverWas) {
  Observed observed;
  observed.containers["db"].state = ContainerState::absent;  // its record keeps the id for its successor
  EXPECT_EQ(render(make_plan({}, observed)), "- remove container db: not in the file\n");
}

TEST(Plan, ConvergesWhereverItIsInterrupted) {
  const Desired desired = two_services();
  Desired nothing;
  nothing.project = "shop";
  for (int fail_at = 0; fail_at < 12; ++fail_at) {
    FakeKernel kernel(desired);
    kernel.apply(make_plan(desired, kernel.observed), fail_at);
    kernel.settle();
    EXPECT_TRUE(kernel.converge()) << "up interrupted at step " << fail_at;
    kernel.want(nothing);
    kernel.apply(make_plan(nothing, kernel.observed), fail_at);
    kernel.settle();
    EXPECT_TRUE(kernel.converge()) << "down interrupted at step " << fail_at;
    EXPECT_TRUE(kernel.observed.containers.empty());
  }
}

TEST(Plan, MendsWhatDriftedAndNothingElse) {
  const Desired desired = two_services();
  FakeKernel kernel = running(desired);
  kernel.observed.drift = {{"network default", "mtu 1400 instead of mtu 1500"},
                           {"network default to web", "gone instead of there"},
                           {"firewall table", "no table instead of the rules as they were put"},
                           {"limits of db", "64 instead of 128"},
                           {"network of another time", "gone instead of there"}};
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "+ create network default: mtu 1400 instead of mtu 1500\n"
            "~ replace firewall table: no table instead of the rules as they were put\n"
            "+ attach network default to web: gone instead of there\n"
            "~ update limits of db: 64 instead of 128\n");
  EXPECT_TRUE(kernel.converge());
}

}  // namespace
}  // namespace stack
