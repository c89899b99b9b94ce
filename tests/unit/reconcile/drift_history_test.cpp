#include "core/reconcile/drift_history.h"

#include <gtest/gtest.h>

namespace stack {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kStart = 100'000 * kMs;

TEST(DriftHistory, TheFirstFewAreMendedAtOnceAndThoseThatFollowLaterAndLater) {
  DriftHistory history;
  std::int64_t now = kStart;
  for (int i = 0; i < DriftHistory::kAtOnce; ++i) {
    now += 5 * kMs;
    EXPECT_EQ(history.note("network front", now).not_before_ns, 0);
  }
  for (const std::int64_t wait : {100, 200, 400, 800}) {
    now += 5 * kMs;
    const auto& entry = history.note("network front", now);
    EXPECT_EQ(entry.not_before_ns, now + wait * kMs);
    now = entry.not_before_ns;
  }
  EXPECT_EQ(history.find("network front")->count, 7);
  EXPECT_EQ(history.find("network front")->in_a_row, 7);
}

TEST(DriftHistory, IsForgottenAfterAQuietPeriodButNotTheCount) {
  DriftHistory history;
  for (int i = 0; i < 5; ++i) history.note("firewall table", kStart + i * kMs);
  const auto& entry = history.note("firewall table", kStart + 20'000 * kMs);
  EXPECT_EQ(entry.not_before_ns, 0);
  EXPECT_EQ(entry.in_a_row, 1);
  EXPECT_EQ(entry.count, 6);
}

TEST(DriftHistory, WaitsNoLongerThanItsBoundAndIsQuietOnlyFromTheRepairOn) {
  DriftHistory history;
  std::int64_t now = kStart;
  for (int i = 0; i < 12; ++i)
    now = std::max(history.note("limits of web", now).not_before_ns, now) + 9'000 * kMs;
  EXPECT_EQ(history.note("limits of web", now).not_before_ns, now + 5'000 * kMs);
}

TEST(DriftHistory, ObjectsAreDampedApart) {
  DriftHistory history;
  history.note("network front", kStart);
  EXPECT_EQ(history.note("network back", kStart).not_before_ns, 0);
  EXPECT_EQ(history.find("network other"), nullptr);
}

}  // namespace
}  // namespace stack
