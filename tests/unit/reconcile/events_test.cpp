// What a record's changes mean in Docker's words, and the file that keeps it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/reconcile/container_events.h"
#include "core/reconcile/event_log.h"

namespace stack {
namespace {

ContainerRecord created() {
  ContainerRecord record;
  record.service = "web";
  record.id = "1f2e";
  record.created_ns = 1;
  record.state = ContainerState::created;
  return record;
}

std::string told(ContainerEvents& events, const ContainerRecord& record) {
  std::string text;
  for (const ContainerEvent& event : events.note(record)) {
    text += (text.empty() ? "" : ", ") + event.action;
    for (const auto& [name, value] : event.attributes) text += " " + name + "=" + value;
  }
  return text;
}

ContainerRecord ended(ContainerRecord record, int code) {
  record.state = ContainerState::exited;
  record.exit = ExitRecord{true, code, 0, false};
  return record;
}

TEST(ContainerEvents, TellALifeInItsOrder) {
  ContainerEvents events;
  ContainerRecord record = created();
  EXPECT_EQ(told(events, record), "create");
  record.state = ContainerState::starting;
  EXPECT_EQ(told(events, record), "");
  record.state = ContainerState::running;
  record.health = Health::starting;
  EXPECT_EQ(told(events, record), "start");
  EXPECT_EQ(told(events, record), "");
  record.health = Health::healthy;
  EXPECT_EQ(told(events, record), "health_status: healthy");
  record.paused = true;
  EXPECT_EQ(told(events, record), "pause");
  record.paused = false;
  EXPECT_EQ(told(events, record), "unpause");
  record.state = ContainerState::stopping;
  record.stop_asked = true;
  EXPECT_EQ(told(events, record), "kill signal=SIGTERM");
  EXPECT_EQ(told(events, ended(record, 143)), "die exitCode=143, stop");
  EXPECT_EQ(events.take_removed({}), (std::map<std::string, std::string>{{"web", "1f2e"}}));
  EXPECT_TRUE(events.take_removed({}).empty());
}

TEST(ContainerEvents, ARestartIsAnEndAndAStart) {
  ContainerEvents events;
  ContainerRecord record = created();
  record.state = ContainerState::running;
  EXPECT_EQ(told(events, record), "create, start");
  ContainerRecord dead = ended(record, 137);
  dead.exit->oom = true;
  dead.exit_reason = "out of memory";
  EXPECT_EQ(told(events, dead), "oom, die exitCode=137 reason=out of memory");
  record.restarts = 1;
  EXPECT_EQ(told(events, record), "start, restart");
}

TEST(ContainerEvents, OneThatIsMadeAnewIsDestroyedFirst) {
  ContainerEvents events;
  ContainerRecord record = created();
  static_cast<void>(told(events, record));
  record.created_ns = 2;
  EXPECT_EQ(told(events, record), "destroy, create");
}

TEST(ContainerEvents, WhatTheLastReconcilerToldIsNotToldAgain) {
  ContainerEvents events;
  ContainerRecord record = created();
  record.state = ContainerState::running;
  events.begin({{"web", record}});
  EXPECT_EQ(told(events, record), "");
  EXPECT_EQ(told(events, ended(record, 1)), "die exitCode=1");
}

class EventLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "stack-events-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/events"; }
  std::string folder_;
};

TEST_F(EventLogTest, GivesBackWhatWasKept) {
  EventLog log(path());
  EXPECT_TRUE(log.read().value().empty());
  ASSERT_TRUE(log.append({{"action", "create"}}));
  ASSERT_TRUE(EventLog(path()).append({{"action", "start"}}));
  const auto events = log.read().value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].at("action"), "start");
}

TEST_F(EventLogTest, ALineThatWasCutIsLostAlone) {
  EventLog log(path());
  ASSERT_TRUE(log.append({{"action", "create"}}));
  std::ofstream(path(), std::ios::app) << R"({"action": "sta)";
  EXPECT_EQ(log.read().value().size(), 1U);
  ASSERT_TRUE(log.append({{"action", "die"}}));
  const auto events = log.read().value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].at("action"), "die");
}

TEST_F(EventLogTest, KeepsTheNewestWithinItsBound) {
  EventLog log(path());
  const std::string words(1000, 'x');
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(log.append({{"number", i}, {"words", words}}));
  EXPECT_LE(std::filesystem::file_size(path()), 2 * EventLog::kKeptBytes);
  const auto events = log.read().value();
  EXPECT_GE(events.size(), EventLog::kKeptBytes / 1100);
  EXPECT_EQ(events.back().at("number"), 1999);
  EXPECT_EQ(events.front().at("number").get<std::size_t>(), 2000 - events.size());
}

}  // namespace
}  // namespace stack
