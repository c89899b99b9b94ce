#include "cmd/stack/ended_runs.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stack::cmd {
namespace {

using nlohmann::json;

json container(const std::string& service, const std::string& state, int pid, int restarts = 0) {
  return {{"service", service}, {"key", service}, {"id", "id-of-" + service},
          {"state", state},     {"pid", pid},     {"restarts", restarts}};
}
json ended(const std::string& service, const std::string& state, int code) {
  json one = container(service, state, 0);
  one["exit_code"] = one["last_exit_code"] = code;
  return one;
}

TEST(EndedRuns, TellsEachEndOnceAndWhichWasFirst) {
  EndedRuns runs;
  runs.expect(container("a", "running", 10));
  runs.expect(container("b", "running", 11));
  EXPECT_FALSE(runs.note(container("a", "running", 10)));
  EXPECT_FALSE(runs.note(container("a", "stopping", 10)));
  EXPECT_FALSE(runs.note(ended("other", "exited", 1)));
  const auto b = runs.note(ended("b", "exited", 7));
  ASSERT_TRUE(b);
  EXPECT_EQ(b->id, "id-of-b");
  EXPECT_EQ(b->code, 7);
  EXPECT_FALSE(runs.note(ended("b", "exited", 7)));
  EXPECT_FALSE(runs.all_ended());
  EXPECT_TRUE(runs.note(ended("a", "exited", 0)));
  EXPECT_TRUE(runs.all_ended());
  EXPECT_EQ(runs.first()->code, 7);
}

TEST(EndedRuns, AnEndThatARestartFollowsIsOne) {
  EndedRuns runs;
  runs.expect(container("a", "running", 10));
  EXPECT_EQ(runs.note(ended("a", "restarting", 3))->code, 3);
}

TEST(EndedRuns, SeesAnEndThatItMissedByWhatFollowed) {
  for (const json& later : {container("a", "running", 12, 1), container("a", "starting", 12, 0)}) {
    EndedRuns runs;
    runs.expect(container("a", "running", 10));
    json seen = later;
    seen["last_exit_code"] = 4;
    const auto end = runs.note(seen);
    ASSERT_TRUE(end) << later;
    EXPECT_EQ(end->code, 4);
  }
}

TEST(EndedRuns, WaitsForARunThatHasNotBegun) {
  EndedRuns runs;
  runs.expect(container("a", "waiting", 0));
  EXPECT_FALSE(runs.note(container("a", "starting", 10)));
  EXPECT_FALSE(runs.note(container("a", "running", 10)));
  EXPECT_TRUE(runs.note(ended("a", "exited", 0)));
}

TEST(EndedRuns, NeverMakesUpACode) {
  EndedRuns runs;
  runs.expect(container("a", "running", 10));
  const auto end = runs.note(container("a", "exited", 0));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, std::nullopt);
}

}  // namespace
}  // namespace stack::cmd
