// Writes to control files are heard, in whichever generation of cgroups this machine has.
#include "core/engine/cgroup_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "core/sys/files.h"

namespace stack::cgroup {
namespace {

class RealCgroupWatch : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    auto driver = detect();
    if (!driver) GTEST_SKIP() << driver.error().words;
    driver_ = std::move(*driver);
    top_ = "stack-test-" + std::to_string(::getpid());
    resources_.pids = 40;
    resources_.memory = 64 << 20;
    if (!driver_->unsupported(resources_).empty()) GTEST_SKIP() << driver_->unsupported(resources_).front();
    ASSERT_TRUE(driver_->create(path(), resources_, {}).ok());
    auto watch = Watch::open();
    ASSERT_TRUE(watch.ok()) << watch.error().words;
    watch_.emplace(*std::move(watch));
    ASSERT_TRUE(watch_->set("web", limits()).ok());
  }
  void TearDown() override {
    if (!driver_) return;
    EXPECT_TRUE(driver_->remove(top_).ok());
  }

  [[nodiscard]] std::string path() const { return top_ + "/p/c"; }
  [[nodiscard]] std::vector<Limit> limits() const { return driver_->limits(path(), resources_); }
  [[nodiscard]] std::string file_of(const std::string& name) const {
    for (const Limit& limit : limits())
      if (limit.file.ends_with("/" + name)) return limit.file;
    ADD_FAILURE() << "no " << name;
    return "";
  }
  [[nodiscard]] bool heard() {
    const auto heard = watch_->take();
    EXPECT_TRUE(heard.ok());
    EXPECT_TRUE(heard->everything);
    return heard->written.contains("web");
  }
  // "pids.max: 50", or "".
  [[nodiscard]] std::string changed() const {
    const auto changed = changed_limit(limits());
    EXPECT_TRUE(changed.ok());
    if (!*changed) return "";
    const std::string& file = (*changed)->limit.file;
    return file.substr(file.find_last_of('/') + 1) + ": " + (*changed)->held;
  }

  std::unique_ptr<Driver> driver_;
  std::string top_;
  Resources resources_;
  std::optional<Watch> watch_;
};

TEST_F(RealCgroupWatch, WhatWasJustWrittenIsHeld) {
  EXPECT_GE(limits().size(), 3U) << "those that are not limited too";
  EXPECT_EQ(changed(), "");
  EXPECT_FALSE(heard());
}

TEST_F(RealCgroupWatch, AWriteOfSomebodyElseIsHeardAndFound) {
  const std::string pids = file_of("pids.max");
  ASSERT_TRUE(write_existing(pids, "50").ok());
  EXPECT_TRUE(heard());
  EXPECT_FALSE(heard());
  EXPECT_EQ(changed(), "pids.max: 50");
  ASSERT_TRUE(driver_->update(path(), resources_).ok());
  EXPECT_EQ(changed(), "");
}

TEST_F(RealCgroupWatch, ALimitThatNobodyAskedForIsFoundToo) {
  resources_.pids.reset();
  ASSERT_TRUE(driver_->update(path(), resources_).ok());
  EXPECT_EQ(changed(), "");
  ASSERT_TRUE(write_existing(file_of("pids.max"), "7").ok());
  EXPECT_EQ(changed(), "pids.max: 7");
}

TEST_F(RealCgroupWatch, FollowsACgroupThatIsMadeAnewAndForgetsItWhenItIsTold) {
  ASSERT_TRUE(driver_->remove(path()).ok());
  ASSERT_TRUE(driver_->create(path(), resources_, {}).ok());
  static_cast<void>(heard());
  ASSERT_TRUE(watch_->set("web", limits()).ok());
  ASSERT_TRUE(write_existing(file_of("pids.max"), "50").ok());
  EXPECT_TRUE(heard());
  ASSERT_TRUE(watch_->set("web", {}).ok());
  ASSERT_TRUE(write_existing(file_of("pids.max"), "60").ok());
  EXPECT_FALSE(heard());
}

}  // namespace
}  // namespace stack::cgroup
