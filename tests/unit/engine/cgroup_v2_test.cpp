#include "core/engine/cgroup_v2.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "tests/unit/engine/fake_cgroupfs.h"

namespace stack::cgroup {
namespace {

TEST(CgroupV2, HandsDownWhatIsOfferedAndNotYetGiven) {
  const FakeCgroupfs fake;
  fake.put("cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
  fake.put("cgroup.subtree_control", "cpu memory\n");
  ASSERT_TRUE(hand_down_controllers(fake.root()).ok());
  EXPECT_EQ(fake.get("cgroup.subtree_control"), "+cpuset +io +pids");
}

TEST(CgroupV2, IsRecognisedByItsListOfControllers) {
  const FakeCgroupfs fake;
  fake.put("cgroup.controllers", "\n");
  const auto driver = detect(fake.root());
  ASSERT_TRUE(driver.ok());
  EXPECT_EQ((*driver)->version(), Version::v2);
}

TEST(CgroupV2, UnsupportedNamesTheKeyOfTheFile) {
  const FakeCgroupfs fake;
  fake.put("cgroup.controllers", "");
  fake.put("stack.probe/memory.max", "");
  fake.put("stack.probe/memory.stat", "");
  Resources resources;
  resources.memory = 1 << 20;
  resources.memory_swap = 2 << 20;
  resources.pids = 3;
  const std::vector<std::string> want = {
      "memswap_limit: this kernel has no \"memory.swap.max\"",
      "pids_limit: the \"pids\" controller is not available",
  };
  EXPECT_EQ((*detect(fake.root()))->unsupported(resources), want);
}

TEST(CgroupV2, SwapWithoutMemoryIsRefused) {
  const FakeCgroupfs fake;
  fake.put("cgroup.controllers", "");
  fake.put("stack.probe/memory.swap.max", "");
  Resources resources;
  resources.memory_swap = 2 << 20;
  const auto words = (*detect(fake.root()))->unsupported(resources);
  ASSERT_EQ(words.size(), 1U);
  EXPECT_TRUE(words[0].starts_with("memswap_limit: ")) << words[0];
}

TEST(CgroupV2, ReadsItsFourFigures) {
  const FakeCgroupfs fake;
  fake.put("cgroup.controllers", "");
  fake.put("stack/p/c/memory.current", "4096\n");
  fake.put("stack/p/c/cpu.stat", "usage_usec 1500\nuser_usec 1000\n");
  fake.put("stack/p/c/pids.current", "7\n");
  fake.put("stack/p/c/memory.events", "low 0\noom 9\noom_kill 2\noom_group_kill 0\n");
  const auto readings = (*detect(fake.root()))->read("stack/p/c");
  ASSERT_TRUE(readings.ok());
  EXPECT_EQ(readings->memory_bytes, 4096U);
  EXPECT_EQ(readings->cpu_usec, 1500U);
  EXPECT_EQ(readings->pids, 7U);
  EXPECT_EQ(readings->oom_kills, 2U);
}

TEST(CgroupV2, UpdateWritesOnlyWhatDiffersAndClearsDevicesNoLongerNamed) {
  const FakeCgroupfs fake;
  fake.put("cgroup.controllers", "");
  fake.put("stack/p/c/memory.max", "1048576\n");
  fake.put("stack/p/c/pids.max", "20\n");
  fake.put("stack/p/c/io.max", "8:0 rbps=1 wbps=max riops=max wiops=max\n");
  Resources resources;
  resources.memory = 1 << 20;
  ASSERT_TRUE((*detect(fake.root()))->update("stack/p/c", resources).ok());
  EXPECT_EQ(fake.get("stack/p/c/memory.max"), "1048576");
  EXPECT_EQ(fake.get("stack/p/c/pids.max"), "max");
  EXPECT_EQ(fake.get("stack/p/c/io.max"), "8:0 rbps=max wbps=max riops=max wiops=max");
}

// The rest asks the real kernel: tests/vm runs it in a guest whose cgroups are v2.
class RealCgroupV2 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    auto driver = detect();
    if (!driver || (*driver)->version() != Version::v2)
      GTEST_SKIP() << "this host has no cgroup v2; see tests/vm";
    driver_ = std::move(*driver);
    path_ = "stack-test-" + std::to_string(::getpid()) + "/p/c";
  }
  void TearDown() override {
    if (!driver_) return;
    EXPECT_TRUE(driver_->kill(path_).ok());
    for (const pid_t pid : children_) ::waitpid(pid, nullptr, 0);
    const auto removed = driver_->remove(path_.substr(0, path_.find('/')));
    EXPECT_TRUE(removed.ok()) << removed.error().words;
  }
  std::string value(const std::string& name) const {
    return read_value("/sys/fs/cgroup/" + path_ + "/" + name)->value_or("(none)");
  }
  template <typename Body>
  pid_t enter(Body body) {
    const auto entry = driver_->entry(path_);
    EXPECT_TRUE(entry.ok());
    clone_args args{};
    args.flags = CLONE_INTO_CGROUP;
    args.exit_signal = SIGCHLD;
    args.cgroup = static_cast<std::uint64_t>(entry->into.get());
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
    if (pid == 0) {
      body();
      ::_exit(0);
    }
    EXPECT_GT(pid, 0);
    children_.push_back(pid);
    return pid;
  }
  int exit_of(pid_t pid) {
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    children_.clear();
    return status;
  }

  std::unique_ptr<Driver> driver_;
  std::string path_;
  std::vector<pid_t> children_;
};

TEST_F(RealCgroupV2, KeepsEveryLimitAndForgetsItAgain) {
  Resources resources;
  resources.nano_cpus = 500'000'000;
  resources.cpu_shares = 512;
  resources.cpuset = "0";
  resources.memory = 64 << 20;
  resources.memory_reservation = 32 << 20;
  resources.memory_swap = 96 << 20;
  resources.pids = 20;
  EXPECT_EQ(driver_->unsupported(resources), std::vector<std::string>{});
  const auto made = driver_->create(path_, resources, {});
  ASSERT_TRUE(made.ok()) << made.error().words;
  EXPECT_EQ(value("cpu.max"), "50000 100000");
  EXPECT_EQ(value("cpu.weight"), "59");
  EXPECT_EQ(value("cpuset.cpus"), "0");
  EXPECT_EQ(value("memory.max"), "67108864");
  EXPECT_EQ(value("memory.low"), "33554432");
  EXPECT_EQ(value("memory.swap.max"), "33554432");
  EXPECT_EQ(value("pids.max"), "20");
  ASSERT_TRUE(driver_->create(path_, resources, {}).ok()) << "making it again is no error";

  const auto cleared = driver_->update(path_, {});
  ASSERT_TRUE(cleared.ok()) << cleared.error().words;
  EXPECT_EQ(value("cpu.max"), "max 100000");
  EXPECT_EQ(value("cpu.weight"), "100");
  EXPECT_EQ(value("cpuset.cpus"), "");
  EXPECT_EQ(value("memory.max"), "max");
  EXPECT_EQ(value("memory.swap.max"), "max");
  EXPECT_EQ(value("memory.low"), "0");
  EXPECT_EQ(value("pids.max"), "max");
}

TEST_F(RealCgroupV2, KeepsTheBlockDeviceLimitsThatTheKernelHas) {
  const char* const device = std::getenv("STACK_TEST_BLOCK_DEVICE");
  if (device == nullptr) GTEST_SKIP() << "STACK_TEST_BLOCK_DEVICE names no device to throttle";
  Resources resources;
  resources.blkio.device_read_bps = {{device, 1 << 20}};
  resources.blkio.device_write_iops = {{device, 100}};
  EXPECT_EQ(driver_->unsupported(resources), std::vector<std::string>{});
  const auto made = driver_->create(path_, resources, {});
  ASSERT_TRUE(made.ok()) << made.error().words;
  EXPECT_NE(value("io.max").find("rbps=1048576 wbps=max riops=max wiops=100"), std::string::npos)
      << value("io.max");
  ASSERT_TRUE(driver_->update(path_, {}).ok());
  EXPECT_EQ(value("io.max"), "");
}

TEST_F(RealCgroupV2, KeepsAnIoWeightWhereTheKernelHasOne) {
  Resources resources;
  resources.blkio.weight = 300;
  if (!driver_->unsupported(resources).empty()) GTEST_SKIP() << driver_->unsupported(resources)[0];
  ASSERT_TRUE(driver_->create(path_, resources, {}).ok());
  EXPECT_NE(value("io.weight") + value("io.bfq.weight"), "default 100(none)");
}

TEST_F(RealCgroupV2, TheDevicePolicyBitesAndIsNeverStacked) {
  const auto probe = [] {
    if (::open("/dev/null", O_RDWR) < 0) ::_exit(1);
    const int kmsg = ::open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    ::_exit(kmsg >= 0 ? 3 : errno == EPERM ? 0 : 2);
  };
  DevicePolicy wider;
  wider.allow.push_back({'c', 1, 11, "r"});
  const struct {
    DevicePolicy policy;
    int exit;
  } steps[] = {{{}, 0}, {{}, 0}, {wider, 3}, {{}, 0}, {{true, {}}, 3}, {{}, 0}};
  for (const auto& step : steps) {
    const auto made = driver_->create(path_, {}, step.policy);
    ASSERT_TRUE(made.ok()) << made.error().words;
    EXPECT_EQ(WEXITSTATUS(exit_of(enter(probe))), step.exit) << "step " << (&step - steps);
  }
}

TEST_F(RealCgroupV2, KillReachesAForkingCrowd) {
  Resources resources;
  resources.pids = 64;
  ASSERT_TRUE(driver_->create(path_, resources, {}).ok());
  const pid_t pid = enter([] {
    ::signal(SIGCHLD, SIG_IGN);
    for (;;) ::fork();
  });
  while (driver_->read(path_)->pids < 60) {
  }
  ASSERT_TRUE(driver_->kill(path_).ok());
  EXPECT_EQ(WTERMSIG(exit_of(pid)), SIGKILL);
  while (driver_->read(path_)->pids > 0) {
  }
  EXPECT_TRUE(driver_->kill(path_).ok()) << "nobody there is no error";
}

TEST_F(RealCgroupV2, CountsOomKills) {
  Resources resources;
  resources.memory = 8 << 20;
  resources.memory_swap = 8 << 20;
  ASSERT_TRUE(driver_->create(path_, resources, {}).ok());
  EXPECT_EQ(driver_->read(path_)->oom_kills, 0U);
  const pid_t pid = enter([] {
    for (;;) {
      auto* const page = static_cast<volatile char*>(::malloc(1 << 20));
      for (int i = 0; i < 1 << 20; i += 4096) page[i] = 1;
    }
  });
  EXPECT_EQ(WTERMSIG(exit_of(pid)), SIGKILL);
  EXPECT_EQ(driver_->read(path_)->oom_kills, 1U);
}

TEST_F(RealCgroupV2, CannotBeRemovedWhileSomeoneIsInIt) {
  ASSERT_TRUE(driver_->create(path_, {}, {}).ok());
  enter([] { ::pause(); });
  const auto removed = driver_->remove(path_);
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().code, EBUSY);
}

TEST(CgroupV2, FreezesAndThawsThroughItsOneFile) {
  const FakeCgroupfs fake;
  fake.put("cgroup.controllers", "memory\n");
  fake.put("stack/p/c/cgroup.freeze", "0");
  fake.put("stack/p/c/cgroup.events", "populated 1\nfrozen 1\n");
  const auto driver = detect(fake.root());
  ASSERT_TRUE((*driver)->freeze("stack/p/c").ok());
  EXPECT_EQ(fake.get("stack/p/c/cgroup.freeze"), "1");
  ASSERT_TRUE((*driver)->thaw("stack/p/c").ok());
  EXPECT_EQ(fake.get("stack/p/c/cgroup.freeze"), "0");
  EXPECT_TRUE((*driver)->thaw("stack/p/gone").ok());
  EXPECT_FALSE((*driver)->freeze("stack/p/gone").ok());
}

TEST(CgroupV2, UsageSumsTheDevices) {
  const FakeCgroupfs fake;
  fake.put("cgroup.controllers", "memory\n");
  fake.put("stack/p/c/memory.current", "1000\n");
  fake.put("stack/p/c/memory.max", "max\n");
  fake.put("stack/p/c/memory.stat", "anon 5\ninactive_file 2000\n");
  fake.put("stack/p/c/cpu.stat", "usage_usec 77\n");
  fake.put("stack/p/c/pids.current", "3\n");
  fake.put("stack/p/c/io.stat", "8:0 rbytes=100 wbytes=20 rios=1\n8:16 rbytes=7 wbytes=1 rios=2\n");
  const auto usage = (*detect(fake.root()))->usage("stack/p/c");
  ASSERT_TRUE(usage.ok());
  EXPECT_EQ(usage->memory_bytes, 0U);
  EXPECT_EQ(usage->memory_limit, std::nullopt);
  EXPECT_EQ(usage->cpu_usec, 77U);
  ASSERT_TRUE(usage->io);
  EXPECT_EQ(usage->io->read, 107U);
  EXPECT_EQ(usage->io->written, 21U);
}

}  // namespace
}  // namespace stack::cgroup
