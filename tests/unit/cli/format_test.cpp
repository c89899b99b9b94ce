#include "cmd/stack/format.h"

#include <gtest/gtest.h>

namespace stack::cmd {
namespace {

TEST(HumanDuration, RoundsAsPeopleDo) {
  const std::pair<double, const char*> kCases[] = {
      {-5, "Less than a second"}, {0.4, "Less than a second"}, {1, "1 second"},
      {59.9, "59 seconds"},       {60, "About a minute"},      {119, "About a minute"},
      {300, "5 minutes"},         {3599, "59 minutes"},        {3600, "About an hour"},
      {7200, "2 hours"},          {47 * 3600, "47 hours"},     {3 * 86400, "3 days"},
      {21 * 86400, "3 weeks"},    {90 * 86400, "3 months"},    {3 * 365 * 86400.0, "3 years"},
  };
  for (const auto& [seconds, words] : kCases) EXPECT_EQ(human_duration(seconds), words) << seconds;
}

TEST(HumanSize, HasThreeDigitsInPowersOfAThousand) {
  const std::pair<std::uint64_t, const char*> kCases[] = {
      {0, "0B"},
      {1, "1B"},
      {999, "999B"},
      {1000, "1.00kB"},
      {1234, "1.23kB"},
      {9994, "9.99kB"},
      {9996, "10.0kB"},
      {45'600'000, "45.6MB"},
      {99'960, "100kB"},
      {789'000'000, "789MB"},
      {999'499, "999kB"},
      {999'500, "1.00MB"},
      {1'200'000'000, "1.20GB"},
      {UINT64_MAX, "18.4EB"},
  };
  for (const auto& [bytes, text] : kCases) EXPECT_EQ(human_size(bytes), text) << bytes;
}

TEST(Elapsed, HasTenthsUnderAMinute) {
  EXPECT_EQ(elapsed(-1), "0.0s");
  EXPECT_EQ(elapsed(0.34), "0.3s");
  EXPECT_EQ(elapsed(59.94), "59.9s");
  EXPECT_EQ(elapsed(125), "2m05s");
}

TEST(Timestamp, IsRfc3339WithNanoseconds) {
  EXPECT_EQ(timestamp(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(timestamp(1'764'000'000'000'000'042), "2025-11-24T16:00:00.000000042Z");
}

TEST(Columns, AreAlignedByCharactersAndEndWithoutBlanks) {
  EXPECT_EQ(columns({{"A", "STATUS", "P"}, {"web", "Exited — 9", ""}, {"x", "Up", "80"}}),
            "A     STATUS       P\n"
            "web   Exited — 9\n"
            "x     Up           80\n");
  EXPECT_EQ(columns({}), "");
}

TEST(Shortened, CutsBetweenCharactersAndMarksIt) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "ab…");
  EXPECT_EQ(shortened("äöüß", 3), "äö…");
  EXPECT_EQ(width(shortened("äöüß", 3)), 3u);
}

TEST(ShellWords, QuoteWhatAShellWouldTakeApart) {
  EXPECT_EQ(shell_words({"redis-server", "--port", "6379"}), "redis-server --port 6379");
  EXPECT_EQ(shell_words({"sh", "-c", "echo it's $x"}), "sh -c 'echo it'\\''s $x'");
  EXPECT_EQ(shell_words({"a", ""}), "a ''");
}

TEST(LogPrefix, IsPaddedAndColouredOnlyWhereWanted) {
  EXPECT_EQ(log_prefix("web-1", 7, 0, false), "web-1    | ");
  EXPECT_EQ(log_prefix("cache-1", 7, 0, false), "cache-1  | ");
  EXPECT_EQ(log_prefix("web-1", 5, 1, true), std::string("\033[33mweb-1  | ") + kPlain);
}

TEST(LogPrefix, ColoursComeRoundAgain) {
  EXPECT_STREQ(prefix_colour(0), prefix_colour(10));
}

}  // namespace
}  // namespace stack::cmd
