// One-offs of `stack run` in the planner: started once, never again, never made anew.
#include <gtest/gtest.h>

#include "core/plan/plan.h"
#include "tests/unit/plan/fake_kernel.h"

namespace stack {
namespace {

using test::FakeKernel;

const std::string kOne = "web@1f2e3d4c5b6a";

void add(Desired& desired, const ServiceSpec& service, bool once) {
  desired.sandboxes[service.name] = {
      service.name, true, true, true, "", "", 0, {}, "hash of " + service.name};
  DesiredContainer& want = desired.containers[service.name];
  want.spec = std::make_shared<const ServiceSpec>(service);
  want.hash = "h1";
  want.keys = {{"command", "c1"}};
  want.group = want.net_owner = want.ipc_owner = want.uts_owner = service.name;
  want.once = once;
}

// A one-off of `web` that waits for `db` to be healthy.
Desired with_one_off() {
  Desired desired;
  desired.project = "shop";
  ServiceSpec db;
  db.name = "db";
  db.healthcheck = Healthcheck{{"true"}, false, {}, {}, {}, {}, {}};
  add(desired, db, false);
  ServiceSpec one;
  one.name = kOne;
  one.depends_on["db"].condition = DependsCondition::service_healthy;
  add(desired, one, true);
  return desired;
}

FakeKernel running(const Desired& desired) {
  FakeKernel kernel(desired);
  for (int pass = 0; pass < 5; ++pass) {
    kernel.apply(make_plan(desired, kernel.observed));
    kernel.settle();
    kernel.observed.containers.at("db").health = Health::healthy;
  }
  for (auto& [name, container] : kernel.observed.containers) container.once = name == kOne;
  EXPECT_EQ(kernel.observed.containers.at(kOne).state, ContainerState::running);
  return kernel;
}

TEST(OneOffPlan, WaitsForItsDependenciesAsAServiceDoes) {
  EXPECT_EQ(render(make_plan(with_one_off(), {})),
            "+ create namespaces of db: not there\n"
            "+ create namespaces of web@1f2e3d4c5b6a: not there\n"
            "+ start container db: not there\n"
            "+ start container web@1f2e3d4c5b6a: not there; after db to be healthy\n");
}

TEST(OneOffPlan, IsNeverStartedAgainWhateverItsEnd) {
  const Desired desired = with_one_off();
  for (const int code : {0, 1, 137}) {
    FakeKernel kernel = running(desired);
    kernel.exit(kOne, code);
    kernel.observed.containers.at(kOne).restarting = true;  // whatever a policy would say
    EXPECT_EQ(render(make_plan(desired, kernel.observed)), "") << code;
  }
}

TEST(OneOffPlan, IsNotMadeAnewWhenWhatItWasMadeOfChanges) {
  Desired desired = with_one_off();
  FakeKernel kernel = running(desired);
  desired.containers.at(kOne).hash = "h2";
  desired.containers.at(kOne).resources_hash = "r2";
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "");
  kernel.exit(kOne, 0);
  EXPECT_EQ(render(make_plan(desired, kernel.observed)), "");
}

TEST(OneOffPlan, EndsWithItsClient) {
  Desired desired = with_one_off();
  const FakeKernel kernel = running(desired);
  desired.containers.at(kOne).wanted_running = false;
  desired.sandboxes.erase(kOne);
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "- stop container web@1f2e3d4c5b6a: its client is gone\n"
            "- remove namespaces of web@1f2e3d4c5b6a: not in the file; after web@1f2e3d4c5b6a to stop\n");
}

TEST(OneOffPlan, WhenOverGivesItsNamespacesBackAndStays) {
  Desired desired = with_one_off();
  FakeKernel kernel = running(desired);
  kernel.exit(kOne, 3);
  desired.containers.at(kOne).wanted_running = false;
  desired.sandboxes.erase(kOne);
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "- remove namespaces of web@1f2e3d4c5b6a: not in the file\n");
}

TEST(OneOffPlan, IsRemovedWhenNothingIsToBeLeftOfIt) {
  Desired desired = with_one_off();
  FakeKernel kernel = running(desired);
  kernel.exit(kOne, 0);
  desired.containers.erase(kOne);
  desired.sandboxes.erase(kOne);
  EXPECT_EQ(render(make_plan(desired, kernel.observed)),
            "- remove container web@1f2e3d4c5b6a: its run is over\n"
            "- remove namespaces of web@1f2e3d4c5b6a: not in the file\n");
}

TEST(OneOffPlan, OfAStackThatGoesDownEndsBeforeWhatItDependsOn) {
  const FakeKernel kernel = running(with_one_off());
  const std::string plan = render(make_plan({}, kernel.observed));
  EXPECT_NE(plan.find("- stop container db: not in the file; after web@1f2e3d4c5b6a to stop\n"),
            std::string::npos)
      << plan;
}

TEST(OneOffPlan, CannotStartWhereThePidNamespaceItSharesHasNobodyInIt) {
  Desired desired = with_one_off();
  desired.containers.at("db").wanted_running = false;
  DesiredContainer& one = desired.containers.at(kOne);
  one.pid_owner = "db";
  const Plan plan = make_plan(desired, {});
  EXPECT_EQ(plan.back().impossible, "db, whose pid namespace it shares, does not run");
}

}  // namespace
}  // namespace stack
