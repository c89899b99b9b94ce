// What a container may leave in its writable layer: it goes all the same, and nothing else goes with it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/sys/files.h"
#include "core/sys/unique_fd.h"

namespace stack {
namespace {

namespace fs = std::filesystem;

class RemoveTree : public testing::Test {
 protected:
  RemoveTree() {
    std::string folder = fs::temp_directory_path() / "stack-remove-XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    fs::create_directory(tree());
  }
  ~RemoveTree() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string tree() const { return folder_ + "/tree"; }
  [[nodiscard]] std::string beside() const { return folder_ + "/beside"; }
  static void write(const std::string& path) { std::ofstream(path) << "words\n"; }

  std::string folder_;
};

class FewDescriptors {
 public:
  FewDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{100, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// With names that the removal itself would give, at the top and below.
TEST_F(RemoveTree, TakesFoldersOfAnyDepthWithFewDescriptors) {
  write(tree() + "/.deep-0");
  fs::create_directory(tree() + "/.deep-1");
  UniqueFd folder(::open(tree().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(::mkdirat(folder.get(), "deep", 0700), 0);
    ASSERT_EQ(::mknodat(folder.get(), ".deep-2", S_IFREG | 0600, 0), 0);
    folder.reset(::openat(folder.get(), "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(folder);
  }
  folder.reset();
  const FewDescriptors few;
  const Result<void> removed = remove_tree(tree());
  EXPECT_TRUE(removed.ok()) << (removed.ok() ? "" : removed.error().words);
  EXPECT_FALSE(fs::exists(tree()));
}

TEST_F(RemoveTree, TakesALinkAndNotWhatItLeadsTo) {
  fs::create_directory(beside());
  write(beside() + "/precious");
  fs::create_directory_symlink(beside(), tree() + "/link");
  EXPECT_TRUE(remove_tree(tree()).ok());
  fs::create_directory_symlink(beside(), tree());
  EXPECT_TRUE(remove_tree(tree()).ok());
  EXPECT_FALSE(fs::exists(fs::symlink_status(tree())));
  EXPECT_TRUE(fs::exists(beside() + "/precious"));
}

// A mount of the same file system too, which st_dev would not show.
TEST_F(RemoveTree, StopsAtAMount) {
  fs::create_directory(beside());
  write(beside() + "/precious");
  fs::create_directories(tree() + "/a/mounted");
  ASSERT_EQ(::mount(beside().c_str(), (tree() + "/a/mounted").c_str(), nullptr, MS_BIND, nullptr), 0);
  const Result<void> removed = remove_tree(tree());
  ASSERT_EQ(::umount2((tree() + "/a/mounted").c_str(), MNT_DETACH), 0);
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().code, EBUSY);
  EXPECT_TRUE(fs::exists(beside() + "/precious"));
  EXPECT_TRUE(remove_tree(tree()).ok());
}

TEST_F(RemoveTree, OfNothingIsDone) {
  fs::remove(tree());
  EXPECT_TRUE(remove_tree(tree()).ok());
}

}  // namespace
}  // namespace stack
