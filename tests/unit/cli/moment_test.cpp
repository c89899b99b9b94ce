#include "cmd/stack/moment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace stack::cmd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
const std::chrono::system_clock::time_point kNow{std::chrono::seconds{1'800'000'000}};

class Moment : public testing::Test {
 protected:
  Moment() { zone("UTC"); }
  ~Moment() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static void zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  static std::int64_t of(const std::string& text) {
    const auto moment = parse_moment(text, kNow);
    EXPECT_TRUE(moment.ok()) << text << ": " << (moment.ok() ? "" : moment.error().words);
    return moment.ok() ? *moment : 0;
  }
};

TEST_F(Moment, IsSoLongAgo) {
  EXPECT_EQ(of("42m"), (1'800'000'000 - 42 * 60) * kSecond);
  EXPECT_EQ(of("1h30m"), (1'800'000'000 - 5400) * kSecond);
  EXPECT_EQ(of("1.5s"), 1'800'000'000 * kSecond - 3 * kSecond / 2);
}

TEST_F(Moment, IsSecondsSinceTheEpoch) {
  EXPECT_EQ(of("1136073600"), 1'136'073'600 * kSecond);
  EXPECT_EQ(of("1136073600.5"), 1'136'073'600 * kSecond + kSecond / 2);
  EXPECT_EQ(of("1136073600.000000001"), 1'136'073'600 * kSecond + 1);
}

TEST_F(Moment, IsATimeOfTheCalendar) {
  const std::int64_t noon = 1'764'072'000 * kSecond;  // date -u -d '2025-11-25 12:00' +%s
  EXPECT_EQ(of("2025-11-25T12:00:00Z"), noon);
  EXPECT_EQ(of("2025-11-25T13:00:00+01:00"), noon);
  EXPECT_EQ(of("2025-11-25T09:30:00-02:30"), noon);
  EXPECT_EQ(of("2025-11-25T12:00:00.25Z"), noon + kSecond / 4);
  EXPECT_EQ(of("2025-11-25T12:00"), noon);
  EXPECT_EQ(of("2025-11-25"), noon - 12 * 3600 * kSecond);
}

TEST_F(Moment, WithoutAZoneIsInThisMachines) {
  zone("EST5EDT");
  EXPECT_EQ(of("2025-11-25T07:00:00"), 1'764'072'000 * kSecond);
  EXPECT_EQ(of("2025-07-01T08:00:00"), 1'751'371'200 * kSecond) << "in summer";
}

TEST_F(Moment, IsNothingElse) {
  for (const char* text :
       {"", "yesterday", "-5", "12:00", "2025-13-01", "2025-11-25T", "2025-11-25T12:00:00.Z", "2025-11-25T25",
        "2025-11-25T12:00:00+1", "2025-11-25x", "99999999999999999999", "1136073600.", "5x", "1969-12-31"}) {
    const auto moment = parse_moment(text, kNow);
    ASSERT_FALSE(moment.ok()) << text;
    EXPECT_NE(moment.error().words.find("is no time"), std::string::npos);
  }
}

}  // namespace
}  // namespace stack::cmd
