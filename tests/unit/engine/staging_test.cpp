#include "core/engine/staging.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "core/engine/runtime_folder.h"
#include "core/sys/files.h"

namespace stack::engine {
namespace {

class StagingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    ASSERT_TRUE(make_folders(shown_ + "/below", 0755));
    ASSERT_TRUE(replace_file(shown_ + "/file", "seen", 0644, Durability::none));
  }
  void TearDown() override {
    EXPECT_TRUE(remove_runtime_folder(shown_ + "/below"));
    EXPECT_TRUE(remove_tree(folder_));
  }

  Staging make() {
    Result<Staging> staging = Staging::make({shown_});
    EXPECT_TRUE(staging) << staging.error().words;
    return staging ? std::move(*staging) : Staging();
  }

  static bool holds_within(const Staging& staging, const std::function<bool()>& check) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(::setns(staging.fd(), CLONE_NEWNS) == 0 && check() ? 0 : 1);
    int status = -1;
    ::waitpid(pid, &status, 0);
    return status == 0;
  }
  static bool there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

  const std::string folder_ = "/run/stack-unit-staging-" + std::to_string(::getpid());
  const std::string shown_ = folder_ + "/shown";
};

TEST_F(StagingTest, ShowsItsFoldersAndNothingElseOfTheHost) {
  const Staging staging = make();
  EXPECT_TRUE(holds_within(staging, [&] { return there(shown_ + "/file"); }));
  EXPECT_TRUE(holds_within(staging, [] { return !there("/proc/self") && !there("/usr") && !there("/etc"); }));
}

TEST_F(StagingTest, LeavesOutWhatIsMountedBelow) {
  ASSERT_TRUE(make_runtime_folder(shown_ + "/below"));
  ASSERT_TRUE(replace_file(shown_ + "/below/pin", "", 0600, Durability::none));
  const Staging staging = make();
  EXPECT_TRUE(
      holds_within(staging, [&] { return there(shown_ + "/below") && !there(shown_ + "/below/pin"); }));
}

TEST_F(StagingTest, HasTheNullDeviceWhateverBecameOfTheHosts) {
  EXPECT_TRUE(holds_within(make(), [] {
    struct stat st {};
    return ::stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
  }));
}

TEST_F(StagingTest, WhatIsMountedWithinStaysThere) {
  const Staging staging = make();
  EXPECT_TRUE(holds_within(
      staging, [&] { return ::mount("none", (shown_ + "/below").c_str(), "tmpfs", 0, nullptr) == 0; }));
  EXPECT_FALSE(is_mount_root(shown_ + "/below"));
}

TEST_F(StagingTest, LeavesTheCallerInTheNamespaceAndFolderThatItWasIn) {
  struct stat before {};
  struct stat after {};
  char cwd[4096];
  const std::string was = ::getcwd(cwd, sizeof cwd);
  ASSERT_EQ(::stat("/proc/self/ns/mnt", &before), 0);
  make();
  ASSERT_EQ(::stat("/proc/self/ns/mnt", &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(::getcwd(cwd, sizeof cwd), was);
  EXPECT_TRUE(there("/usr"));
}

TEST_F(StagingTest, IsOutOfDateWhenSomethingWasMountedOverAFolder) {
  const Staging staging = make();
  EXPECT_TRUE(staging.up_to_date());
  ASSERT_EQ(::mount("none", shown_.c_str(), "tmpfs", 0, nullptr), 0);
  EXPECT_FALSE(staging.up_to_date());
  ASSERT_EQ(::umount2(shown_.c_str(), MNT_DETACH), 0);
  EXPECT_TRUE(staging.up_to_date());
}

TEST_F(StagingTest, SaysWhichFolderIsNotThere) {
  const Result<Staging> staging = Staging::make({folder_ + "/absent"});
  ASSERT_FALSE(staging);
  EXPECT_NE(staging.error().words.find(folder_ + "/absent"), std::string::npos) << staging.error().words;
}

}  // namespace
}  // namespace stack::engine
