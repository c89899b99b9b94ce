#include "cmd/stack/event_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "specs/replicas.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

class EventText : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "XXX-1:30", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  const json start_ = {{"type", "container"},
                       {"action", "start"},
                       {"id", "1f2e"},
                       {"services", {"web"}},
                       {"time_ns", 1'764'086'520'001'002'003},
                       {"attributes", {{"image", "host:"}, {"name", "shop-web-1"}}}};
};

TEST_F(EventText, IsALineAsComposeHasIt) {
  EXPECT_EQ(event_line(start_),
            "2025-11-25 17:32:00.001002 container start 1f2e (image=host:, name=shop-web-1)\n");
}

TEST_F(EventText, IsAnObjectAsComposeHasIt) {
  const json want = {{"time", "2025-11-25T17:32:00.001002+01:30"},
                     {"type", "container"},
                     {"service", "web"},
                     {"id", "1f2e"},
                     {"action", "start"},
                     {"attributes", {{"image", "host:"}, {"name", "shop-web-1"}}}};
  EXPECT_EQ(event_json(start_), want);
}

TEST_F(EventText, CannotDriveATerminal) {
  json event = start_;
  event["attributes"] = {{"reason", "\033[2J"}};
  EXPECT_EQ(event_line(event).find('\033'), std::string::npos);
}

TEST_F(EventText, IsAboutTheServiceOfItsOneOffToo) {
  json event = start_;
  EXPECT_TRUE(is_about(event, {}));
  EXPECT_TRUE(is_about(event, {"db", "web"}));
  EXPECT_FALSE(is_about(event, {"db"}));
  event["services"] = {"db@1f2e3d4c5b6a"};
  EXPECT_TRUE(is_about(event, {"db"}));
}

TEST_F(EventText, NamesAServiceOfSeveralContainersOnce) {
  json event = start_;
  event["services"] = {"db", "web", replica_name("web", 2)};
  EXPECT_EQ(event_json(event).at("service"), "db,web");
}

}  // namespace
}  // namespace stack::cmd
