#include "cmd/stack/cp_paths.h"

#include <gtest/gtest.h>

namespace stack::cmd {
namespace {

TEST(CopyArgument, KnowsAServiceFromAPath) {
  struct Case {
    const char *text, *service, *path;
  };
  for (const Case& c : {Case{"web:/etc/x", "web", "/etc/x"},
                        {"web:etc", "web", "etc"},
                        {"/a:b", "", "/a:b"},
                        {"./a:b", "", "./a:b"},
                        {"../a:b", "", "../a:b"},
                        {"plain", "", "plain"},
                        {"-", "", "-"},
                        {":x", "", ":x"},
                        {"web:", "web", ""}}) {
    const CopyArgument argument = parse_copy_argument(c.text);
    EXPECT_EQ(argument.service, c.service) << c.text;
    EXPECT_EQ(argument.path, c.path) << c.text;
  }
  EXPECT_TRUE(parse_copy_argument("-").is_stream());
  EXPECT_FALSE(parse_copy_argument("web:-").is_stream());
}

TEST(MeansContent, WhereThePathEndsInADot) {
  for (const char* path : {"a/.", ".", "/", "a/..", "..", "a/./"}) EXPECT_TRUE(means_content(path)) << path;
  for (const char* path : {"a", "a/", "/a", ".a", "a/..b"}) EXPECT_FALSE(means_content(path)) << path;
}

// Docker's table (docker cp, "The command works as follows").
TEST(PlaceCopy, FollowsDockersRules) {
  struct Case {
    CopyFrom from;
    CopyTo to;
    const char *folder, *name;  // "" and "": an error
  };
  const CopyFrom file{false, "/a/f"};
  const CopyFrom dir{true, "/a/d"};
  const CopyFrom content{true, "/a/d/."};
  for (const Case& c : {
           Case{file, {false, false, "/t/new"}, "/t", "new"},
           {file, {false, false, "/t/new/"}, "", ""},
           {file, {true, false, "/t/old"}, "/t", "old"},
           {file, {true, false, "/t/old/"}, "", ""},
           {file, {true, true, "/t"}, "/t", "f"},
           {dir, {false, false, "/t/new"}, "/t", "new"},
           {dir, {false, false, "/t/new/"}, "/t", "new"},
           {content, {false, false, "new"}, ".", "new"},
           {dir, {true, false, "/t/old"}, "", ""},
           {content, {true, false, "/t/old"}, "", ""},
           {dir, {true, true, "/t"}, "/t", "d"},
           {content, {true, true, "/t"}, "/t", ""},
           {dir, {false, false, "/t/none/."}, "", ""},
       }) {
    const auto place = place_copy(c.from, c.to);
    const bool is_error = std::string(c.folder).empty();
    ASSERT_EQ(place.ok(), !is_error) << c.from.path << " " << c.to.path;
    if (is_error) continue;
    EXPECT_EQ(place->folder, c.folder) << c.from.path << " " << c.to.path;
    EXPECT_EQ(place->name, c.name) << c.from.path << " " << c.to.path;
  }
}

}  // namespace
}  // namespace stack::cmd
