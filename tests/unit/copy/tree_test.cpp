#include "core/copy/tree.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "core/copy/tar_source.h"
#include "tests/unit/copy/places.h"

namespace stack::copy {
namespace {

class CopyTree : public Places {};

TEST_F(CopyTree, NoPathLeadsOutOfAContainer) {
  write(out("secret"), "the host's");
  write(in("secret"), "its own");
  std::filesystem::create_symlink(out("secret"), in("absolute"));
  std::filesystem::create_symlink("../outside/secret", in("relative"));
  std::filesystem::create_symlink("/", in("up"));
  const Tree tree = container();
  for (const char* path : {"../secret", "/../../secret", "up/secret", "up/../../secret"}) {
    const auto fd = tree.open(path, O_RDONLY, Tree::Links::last_too);
    ASSERT_TRUE(fd.ok()) << path << ": " << fd.error().words;
    char bytes[32] = {};
    EXPECT_GT(::read(fd->get(), bytes, sizeof bytes), 0);
    EXPECT_STREQ(bytes, "its own") << path;
  }
  for (const char* path : {"absolute", "relative"})
    EXPECT_EQ(tree.open(path, O_RDONLY, Tree::Links::last_too).error().code, ENOENT) << path;
}

TEST_F(CopyTree, NoLinkOfTheKernelsIsFollowed) {
  std::filesystem::create_symlink("/proc/self/root", in("link"));
  const Tree host_as_root = Tree::within(UniqueFd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)), IdShift{});
  EXPECT_EQ(host_as_root.open("/proc/self/root/etc", O_PATH, Tree::Links::last_too).error().code, ELOOP);
}

TEST_F(CopyTree, FollowsAChainOfLinksToWhatNeedNotBeThere) {
  std::filesystem::create_directory(in("dir"));
  std::filesystem::create_symlink("dir/b", in("a"));
  std::filesystem::create_symlink("/dir/new", in("dir/b"));
  EXPECT_EQ(*container().follow("/a"), "/dir/new");
  EXPECT_EQ(*container().follow("dir"), "dir");
  EXPECT_EQ(*container().follow("nothing"), "nothing");
  std::filesystem::create_symlink("loop", in("loop"));
  EXPECT_EQ(container().follow("loop").error().code, ELOOP);
}

TEST_F(CopyTree, AnotherProcessIsNotTakenForTheContainers) {
  EXPECT_EQ(Tree::of_container(::getpid(), "stack/shop/web").error().code, ESRCH);
}

TEST(CopyIds, AreThoseOfTheContainerAndNobodyElses) {
  const IdShift shift{100000, 65536};
  EXPECT_EQ(shift.inside(100000), 0U);
  EXPECT_EQ(shift.inside(165535), 65535U);
  EXPECT_EQ(shift.inside(165536), 65534U);
  EXPECT_EQ(shift.inside(0), 65534U);
  EXPECT_EQ(shift.outside(1000), 101000U);
  EXPECT_EQ(shift.outside(65536), std::nullopt);
}

TEST(SplitPath, SplitsAsPeopleWriteThem) {
  struct Case {
    const char *path, *folder, *name;
  };
  for (const Case& c : {Case{"a", ".", "a"},
                        {"a/b", "a", "b"},
                        {"/a", "/", "a"},
                        {"/a/b/", "/a", "b"},
                        {"/", "/", ""},
                        {"", ".", ""},
                        {"a//b", "a", "b"},
                        {"//a", "/", "a"},
                        {"..", ".", ".."},
                        {"a/.", "a", "."}}) {
    EXPECT_EQ(split_path(c.path).folder, c.folder) << c.path;
    EXPECT_EQ(split_path(c.path).name, c.name) << c.path;
  }
}

TEST(CleanPath, TakesWhatStaysBelowAndNothingElse) {
  EXPECT_EQ(clean_path("./a//b/"), "a/b");
  EXPECT_EQ(clean_path("/etc/x"), "etc/x");
  EXPECT_EQ(clean_path("."), "");
  EXPECT_EQ(clean_path("a..b/..c"), "a..b/..c");
  for (const char* path : {"..", "../a", "a/../../b", "a/.."})
    EXPECT_EQ(clean_path(path), std::nullopt) << path;
  EXPECT_EQ(clean_path(std::string(5000, 'a')), std::nullopt);
}

}  // namespace
}  // namespace stack::copy
