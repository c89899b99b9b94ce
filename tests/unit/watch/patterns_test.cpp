// Patterns as Docker reads them.
#include "core/watch/patterns.h"

#include <gtest/gtest.h>

namespace stack::watch {
namespace {

bool match(const std::vector<std::string>& lines, const std::string& path) {
  return Patterns(lines).match(path);
}

TEST(Patterns, MatchNamesFoldersAndWhatIsBelowThem) {
  EXPECT_TRUE(match({"a"}, "a"));
  EXPECT_TRUE(match({"/a/"}, "a/b/c"));
  EXPECT_TRUE(match({"./a/./b"}, "a/b"));
  EXPECT_FALSE(match({"a"}, "b/a"));
  EXPECT_FALSE(match({"a"}, "ab"));
  EXPECT_TRUE(match({"a/../b"}, "b"));
}

TEST(Patterns, AStarStaysWithinAName) {
  EXPECT_TRUE(match({"*.py"}, "x.py"));
  EXPECT_TRUE(match({"*"}, ".hidden"));
  EXPECT_FALSE(match({"*.py"}, "x/y.py"));
  EXPECT_TRUE(match({"*/y?.py"}, "x/y1.py"));
  EXPECT_TRUE(match({"[a-c]x"}, "bx"));
  EXPECT_FALSE(match({"[^a-c]x"}, "bx"));
  EXPECT_TRUE(match({"a\\*"}, "a*"));
  EXPECT_FALSE(match({"a\\*"}, "ab"));
}

TEST(Patterns, TwoStarsAreAnyNumberOfFolders) {
  for (const char* path : {"x", "a/x", "a/b/x", "a/b/x/below"}) EXPECT_TRUE(match({"**/x"}, path)) << path;
  EXPECT_TRUE(match({"a/**/x"}, "a/x"));
  EXPECT_TRUE(match({"a/**/x"}, "a/b/c/x"));
  EXPECT_FALSE(match({"a/**/x"}, "b/x"));
  EXPECT_TRUE(match({"a/**"}, "a/b"));
  EXPECT_FALSE(match({"a/**"}, "a"));
  EXPECT_TRUE(match({"**file"}, "a/file"));
  EXPECT_TRUE(match({"**/a/**/b"}, "a/a/x/b"));
}

TEST(Patterns, TheLastThatMatchesDecides) {
  EXPECT_FALSE(match({"*.md", "!README.md"}, "README.md"));
  EXPECT_TRUE(match({"*.md", "!README.md"}, "other.md"));
  EXPECT_TRUE(match({"*.md", "!README.md", "README*"}, "README.md"));
  EXPECT_FALSE(match({"dir", "! dir/kept "}, "dir/kept"));
  EXPECT_TRUE(Patterns({"a", "!b"}).has_exceptions());
  EXPECT_FALSE(Patterns({"a"}).has_exceptions());
}

TEST(Patterns, AManyStarredOneTakesNoTimeToSpeakOf) {
  std::string pattern, path;
  for (int i = 0; i < 200; ++i) {
    pattern += "**/a/";
    path += "a/";
  }
  EXPECT_FALSE(match({pattern + "b"}, path + "c"));
}

TEST(Patterns, LinesOfAFileWithoutCommentsAndBlanks) {
  EXPECT_EQ(pattern_lines("# no\n\n  a \r\n!b\n"), (std::vector<std::string>{"a", "!b"}));
}

}  // namespace
}  // namespace stack::watch
