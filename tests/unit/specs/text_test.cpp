#include "specs/text.h"

#include <gtest/gtest.h>

#include <array>

namespace stack {
namespace {

using Parts = std::vector<std::string>;

TEST(Text, SplitsAtEachSignAndKeepsWhatIsEmpty) {
  EXPECT_EQ(split("a,b", ','), (Parts{"a", "b"}));
  EXPECT_EQ(split(",a,,b,", ','), (Parts{"", "a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(split("a,b", ':'), (Parts{"a,b"}));
}

TEST(Text, JoinsWhatWasSplit) {
  EXPECT_EQ(joined(split(",a,,b,", ','), ","), ",a,,b,");
  EXPECT_EQ(joined({}, ", "), "");
  EXPECT_EQ(joined({"a"}, ", "), "a");
  EXPECT_EQ(joined({"a", "b", "c"}, ", "), "a, b, c");
}

TEST(Text, QuotesEachWordOfAList) {
  EXPECT_EQ(quoted_list({}), "");
  EXPECT_EQ(quoted_list({"a"}), "\"a\"");
  EXPECT_EQ(quoted_list({"a", "b"}), "\"a\", \"b\"");
}

TEST(Text, SmallLettersAreOfAsciiAlone) {
  EXPECT_EQ(lower_case("Shop-WEB_2"), "shop-web_2");
  EXPECT_EQ(lower_case("\xc3\x84@[`{"), "\xc3\x84@[`{");
}

TEST(Text, NamesOfDockerAreNoPathsAndNotHidden) {
  for (const char* name : {"a", "7", "Shop_db.1-x", "0-"}) EXPECT_TRUE(is_docker_name(name)) << name;
  for (const char* name : {"", ".", "..", ".a", "-a", "_a", "a/b", "a b", "\xc3\xa4", "a\n"})
    EXPECT_FALSE(is_docker_name(name)) << name;
  EXPECT_FALSE(is_docker_name(std::string_view("a\0", 2)));
}

TEST(Text, HexHasTwoSmallDigitsAByte) {
  const std::array<std::uint8_t, 4> bytes{0x00, 0x0f, 0xa0, 0xff};
  EXPECT_EQ(to_hex(bytes), "000fa0ff");
  EXPECT_EQ(to_hex({}), "");
  EXPECT_TRUE(is_hex("000fa0ff"));
  EXPECT_FALSE(is_hex("0F"));
  EXPECT_FALSE(is_hex("0g"));
}

}  // namespace
}  // namespace stack
