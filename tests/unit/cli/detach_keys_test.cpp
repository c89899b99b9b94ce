#include "cmd/stack/detach_keys.h"

#include <gtest/gtest.h>

namespace stack::cmd {
namespace {

DetachKeys keys(const std::string& text) {
  auto parsed = DetachKeys::parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return *std::move(parsed);
}

TEST(DetachKeys, AreFoundAcrossReadsAndNeverPassed) {
  DetachKeys one = keys("ctrl-p,ctrl-q");
  EXPECT_EQ(one.pass("ls\n\x10"), "ls\n");
  EXPECT_FALSE(one.found());
  EXPECT_EQ(one.pass("\x11more"), "");
  EXPECT_TRUE(one.found());
}

TEST(DetachKeys, ThatOnlyBeganGoToTheService) {
  DetachKeys one = keys("ctrl-p,ctrl-q");
  EXPECT_EQ(one.pass("\x10"), "");
  EXPECT_EQ(one.pass("x"), "\x10x");
  EXPECT_EQ(one.pass("\x10\x10"), "\x10");
  EXPECT_EQ(one.pass("\x11"), "");
  EXPECT_TRUE(one.found());
}

TEST(DetachKeys, MayBeginWithinThemselves) {
  DetachKeys one = keys("a,a,b");
  EXPECT_EQ(one.pass("aaab"), "a");
  EXPECT_TRUE(one.found());
}

TEST(DetachKeys, OfNoneAreNeverFound) {
  DetachKeys none = keys("");
  EXPECT_EQ(none.pass("a\x10\x11"), "a\x10\x11");
  EXPECT_FALSE(none.found());
}

TEST(DetachKeys, ThatAreNoneAreAFault) {
  for (const char* text : {"ctrl-", "ctrl-1", "ab", "a,", ",", "alt-x"})
    EXPECT_FALSE(DetachKeys::parse(text).ok()) << text;
  for (const char* text : {"ctrl-@", "ctrl-[", "ctrl-_", "x", "a,ctrl-z"})
    EXPECT_TRUE(DetachKeys::parse(text).ok()) << text;
}

}  // namespace
}  // namespace stack::cmd
