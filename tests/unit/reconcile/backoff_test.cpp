#include "core/reconcile/backoff.h"

#include <gtest/gtest.h>

namespace stack {
namespace {

using namespace std::chrono_literals;

constexpr ExitRecord kFailed{true, 1, 0, false};
constexpr ExitRecord kEnded{true, 0, 0, false};
constexpr ExitRecord kUnknown{};

RestartPolicy policy(RestartPolicy::Kind kind, int max_retries = 0) {
  return {kind, max_retries};
}

TEST(BackOff, RestartsAtOnceThenDoublesFromAHundredMillisecondsToAMinute) {
  std::vector<std::chrono::milliseconds> delays;
  int failures = 0;
  for (int i = 0; i < 13; ++i) {
    const RestartVerdict verdict =
        decide_restart(policy(RestartPolicy::Kind::always), kFailed, failures, 1ms);
    ASSERT_TRUE(verdict.restart);
    delays.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(verdict.delay));
    failures = verdict.failures;
  }
  const std::vector<std::chrono::milliseconds> expected{
      0ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 51200ms, 60s, 60s};
  EXPECT_EQ(delays, expected);
}

TEST(BackOff, NeverOverflowsHoweverOftenItFailed) {
  EXPECT_EQ(decide_restart(policy(RestartPolicy::Kind::always), kFailed, 1'000'000, 1ms).delay, 60s);
}

TEST(BackOff, ForgetsFailuresAfterAQuietPeriod) {
  const RestartVerdict verdict = decide_restart(policy(RestartPolicy::Kind::always), kFailed, 9, 10s);
  EXPECT_EQ(verdict.delay, 0ns);
  EXPECT_EQ(verdict.failures, 1);
}

TEST(BackOff, WaitsAsLongAsThePolicySays) {
  RestartPolicy often = policy(RestartPolicy::Kind::always);
  often.delay = 5s;
  for (const int failures : {0, 1, 7}) {
    const RestartVerdict verdict = decide_restart(often, kFailed, failures, 1ms);
    EXPECT_EQ(verdict.delay, 5s);
    EXPECT_EQ(verdict.failures, failures + 1);
  }
}

TEST(BackOff, CountsARunAsSuccessByThePolicysWindow) {
  RestartPolicy strict = policy(RestartPolicy::Kind::always, 2);
  strict.window = 60s;
  EXPECT_FALSE(decide_restart(strict, kFailed, 2, 59s).restart);
  EXPECT_TRUE(decide_restart(strict, kFailed, 2, 60s).restart);
  strict.window = 1s;
  EXPECT_EQ(decide_restart(strict, kFailed, 2, 2s).failures, 1);
}

TEST(BackOff, FollowsThePolicy) {
  struct Case {
    RestartPolicy policy;
    ExitRecord exit;
    int failures;
    bool restart;
  };
  const Case cases[] = {
      {policy(RestartPolicy::Kind::no), kFailed, 0, false},
      {policy(RestartPolicy::Kind::always), kEnded, 0, true},
      {policy(RestartPolicy::Kind::unless_stopped), kEnded, 0, true},
      {policy(RestartPolicy::Kind::on_failure), kEnded, 0, false},
      {policy(RestartPolicy::Kind::on_failure), kFailed, 50, true},
      {policy(RestartPolicy::Kind::on_failure), kUnknown, 0, true},
      {policy(RestartPolicy::Kind::on_failure, 2), kFailed, 1, true},
      {policy(RestartPolicy::Kind::on_failure, 2), kFailed, 2, false},
      {policy(RestartPolicy::Kind::always, 2), kEnded, 1, true},
      {policy(RestartPolicy::Kind::always, 2), kEnded, 2, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(decide_restart(c.policy, c.exit, c.failures, 1ms).restart, c.restart)
        << static_cast<int>(c.policy.kind) << " after " << c.failures;
  }
}

}  // namespace
}  // namespace stack
