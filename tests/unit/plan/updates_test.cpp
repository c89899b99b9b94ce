#include "core/plan/updates.h"

#include <gtest/gtest.h>

#include "core/plan/plan.h"
#include "specs/canonical.h"
#include "specs/replicas.h"
#include "tests/unit/plan/fake_kernel.h"

namespace stack {
namespace {

using namespace std::chrono_literals;
using test::FakeKernel;
using OnFailure = UpdateConfig::OnFailure;

constexpr std::int64_t kSecond = 1'000'000'000;

// `count` containers of "web", by a version of its command.
Desired webs(int count, const std::string& version, const UpdateConfig& config) {
  Desired desired;
  desired.project = "shop";
  for (int number = 1; number <= count; ++number) {
    ServiceSpec service;
    service.name = replica_name("web", number);
    service.command = {"web", version};
    service.restart.kind = RestartPolicy::Kind::always;
    service.update_config = config;
    DesiredContainer want;
    want.spec = std::make_shared<const ServiceSpec>(service);
    want.keys = recreate_keys(service);
    want.hash = service_hash(want.keys);
    desired.containers[service.name] = want;
  }
  return desired;
}

FakeKernel running(const Desired& desired) {
  FakeKernel kernel(desired);
  EXPECT_TRUE(kernel.converge());
  return kernel;
}

// The containers that the plan makes anew at once.
std::string due(const Desired& desired, const FakeKernel& kernel) {
  std::string names;
  for (const Step& step : make_plan(desired, kernel.observed))
    if (const auto* stop = std::get_if<StopContainer>(&step.action))
      if (step.waits.empty() && step.impossible.empty()) names += (names.empty() ? "" : " ") + stop->service;
  return names;
}

Step stop_of(const Desired& desired, const FakeKernel& kernel, const std::string& service) {
  for (Step& step : make_plan(desired, kernel.observed))
    if (const auto* stop = std::get_if<StopContainer>(&step.action);
        stop != nullptr && stop->service == service)
      return step;
  ADD_FAILURE() << "no stop of " << service;
  return {};
}

// As the reconciler records it: made anew in place of another, started at `started_ns`.
void become(FakeKernel& kernel, const Desired& desired, const std::string& service, std::int64_t started_ns) {
  ObservedContainer& container = kernel.observed.containers.at(service);
  container.state = ContainerState::running;
  container.hash = desired.containers.at(service).hash;
  container.keys = desired.containers.at(service).keys;
  container.updated = true;
  container.started_mono_ns = started_ns;
}

TEST(Updates, WithoutAConfigAllAreMadeAnewAtOnce) {
  const FakeKernel kernel = running(webs(3, "1", {}));
  Desired next = webs(3, "2", {});
  for (auto& [name, want] : next.containers) {
    ServiceSpec plain = *want.spec;
    plain.update_config.reset();
    want.spec = std::make_shared<const ServiceSpec>(plain);
  }
  EXPECT_EQ(due(next, kernel), "web web#2 web#3");
}

TEST(Updates, GoByBatchesOfParallelismInTheOrderOfTheNumbers) {
  const FakeKernel kernel = running(webs(12, "1", {}));
  EXPECT_EQ(due(webs(12, "2", {}), kernel), "web");
  EXPECT_EQ(due(webs(12, "2", {3}), kernel), "web web#2 web#3");
  EXPECT_EQ(due(webs(3, "2", {0}), running(webs(3, "1", {}))), "web web#2 web#3");
  const Step last = stop_of(webs(12, "2", {3}), kernel, "web#12");
  EXPECT_EQ(last.waits, std::vector<std::string>{"web-9 to be made anew"});
}

TEST(Updates, TheNextBatchWaitsForTheLastToRunToBeHealthyAndForMonitorAndDelay) {
  const UpdateConfig config{1, 2s, 5s};
  FakeKernel kernel = running(webs(2, "1", config));
  const Desired next = webs(2, "2", config);
  kernel.observed.containers.at("web").state = ContainerState::stopping;
  EXPECT_EQ(stop_of(next, kernel, "web#2").waits, std::vector<std::string>{"web-1 to end"});
  become(kernel, next, "web", 100 * kSecond);
  kernel.observed.containers.at("web").state = ContainerState::starting;
  EXPECT_EQ(stop_of(next, kernel, "web#2").waits, std::vector<std::string>{"web-1 to run"});
  become(kernel, next, "web", 100 * kSecond);
  kernel.observed.containers.at("web").health = Health::starting;
  EXPECT_EQ(stop_of(next, kernel, "web#2").waits, std::vector<std::string>{"web-1 to be healthy"});
  kernel.observed.containers.at("web").health = Health::healthy;
  const Step step = stop_of(next, kernel, "web#2");
  EXPECT_TRUE(step.waits.empty());
  EXPECT_EQ(step.not_before_ns, 107 * kSecond);
}

TEST(Updates, WhoIsNotUpdatedHoldsNobodyUp) {
  const UpdateConfig config{1, 2s, 5s};
  FakeKernel kernel = running(webs(2, "1", config));
  const Desired next = webs(2, "2", config);
  become(kernel, next, "web", 100 * kSecond);
  kernel.observed.containers.at("web").updated = false;  // it came with a larger number of containers
  EXPECT_EQ(stop_of(next, kernel, "web#2").not_before_ns, 0);
}

TEST(Updates, WhoHasBeenStoppedForItIsStartedWhateverHappensToTheOthers) {
  const UpdateConfig config{2, 0s, 5s};
  FakeKernel kernel = running(webs(3, "1", config));
  const Desired next = webs(3, "2", config);
  become(kernel, next, "web", kSecond);
  kernel.observed.containers.at("web").update_fault = "exit 3";
  kernel.observed.containers.at("web#2").state = ContainerState::exited;
  kernel.observed.containers.at("web#2").restarting = true;  // as after a stop that makes anew
  bool removed = false;
  for (const Step& step : make_plan(next, kernel.observed))
    if (const auto* remove = std::get_if<RemoveContainer>(&step.action))
      removed = remove->service == "web#2" && step.waits.empty() && step.impossible.empty();
  EXPECT_TRUE(removed);
}

TEST(Updates, AFailurePausesTheRest) {
  FakeKernel kernel = running(webs(3, "1", {}));
  const Desired next = webs(3, "2", {});
  become(kernel, next, "web", kSecond);
  kernel.observed.containers.at("web").update_fault = "exit 3";
  EXPECT_EQ(due(next, kernel), "");
  EXPECT_EQ(stop_of(next, kernel, "web#2").impossible, "update paused: web-1: exit 3");
  EXPECT_EQ(update_failure(next, kernel.observed, "web#2"), "web-1: exit 3");
}

TEST(Updates, AFailureIsPassedOverWhereItMayBe) {
  UpdateConfig config;
  config.on_failure = OnFailure::go_on;
  FakeKernel kernel = running(webs(4, "1", {}));
  const auto fail_first = [&](const Desired& next) {
    become(kernel, next, "web", kSecond);
    kernel.observed.containers.at("web").update_fault = "exit 3";
    return due(next, kernel);
  };
  EXPECT_EQ(fail_first(webs(4, "2", config)), "web#2");
  config.on_failure = OnFailure::pause;
  config.max_failure_ratio = 250'000'000;
  EXPECT_EQ(fail_first(webs(4, "2", config)), "web#2");
  config.max_failure_ratio = 249'000'000;
  EXPECT_EQ(fail_first(webs(4, "2", config)), "");
}

TEST(Updates, GoingBackIsByTheRollbackConfig) {
  FakeKernel kernel = running(webs(3, "2", {}));
  Desired back = webs(3, "1", {});
  back.rolled_back = true;
  EXPECT_EQ(due(back, kernel), "web");
  for (auto& [name, want] : back.containers) {
    ServiceSpec service = *want.spec;
    service.rollback_config = UpdateConfig{0};
    want.spec = std::make_shared<const ServiceSpec>(service);
  }
  EXPECT_EQ(due(back, kernel), "web web#2 web#3");
}

TEST(Updates, AContainerIsMonitoredUntilItIsHealthyAndItsTimeIsOver) {
  const Desired desired = webs(1, "1", {1, 0s, 5s});
  FakeKernel kernel = running(desired);
  const DesiredContainer& want = desired.containers.at("web");
  ObservedContainer& container = kernel.observed.containers.at("web");
  EXPECT_EQ(monitored_until(desired, container, want), 0);  // it took nobody's place
  become(kernel, desired, "web", kSecond);
  EXPECT_EQ(monitored_until(desired, container, want), 6 * kSecond);
  container.health = Health::starting;
  EXPECT_EQ(monitored_until(desired, container, want), kOpenEnd);
  container.health = Health::healthy;
  container.state = ContainerState::starting;
  EXPECT_EQ(monitored_until(desired, container, want), kOpenEnd);
  container.update_fault = "exit 3";
  EXPECT_EQ(monitored_until(desired, container, want), 0);
}

TEST(Updates, WhatHasProvenItselfIsGood) {
  const Desired desired = webs(2, "1", {1, 0s, 5s});
  FakeKernel kernel = running(desired);
  EXPECT_FALSE(is_good(desired, kernel.observed, kSecond / 2));
  EXPECT_TRUE(is_good(desired, kernel.observed, kSecond));
  EXPECT_FALSE(is_good(webs(2, "2", {}), kernel.observed, 0));
  become(kernel, desired, "web", kSecond);
  EXPECT_FALSE(is_good(desired, kernel.observed, 5 * kSecond));
  EXPECT_TRUE(is_good(desired, kernel.observed, 6 * kSecond));
  kernel.observed.containers.at("web").health = Health::unhealthy;
  EXPECT_FALSE(is_good(desired, kernel.observed, 6 * kSecond));
  kernel.observed.containers.at("web").health = Health::none;
  kernel.exit("web#2", 1);
  EXPECT_FALSE(is_good(desired, kernel.observed, 6 * kSecond));
}

}  // namespace
}  // namespace stack
