#include "core/engine/cgroup_v1.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "core/engine/cgroup_devices.h"
#include "tests/unit/engine/fake_cgroupfs.h"

namespace stack::cgroup {
namespace {

TEST(CgroupV1, CoMountedControllersAreFoundByTheirNames) {
  const FakeCgroupfs fake;
  fake.folder("cpu,cpuacct");
  fake.folder("freezer");
  const auto driver = detect(fake.root());
  ASSERT_TRUE(driver.ok());
  EXPECT_EQ((*driver)->version(), Version::v1);
  ASSERT_TRUE((*driver)->create("stack/p/c", {}, {}).ok());
  EXPECT_TRUE(is_there(fake.root() + "/cpu,cpuacct/stack/p/c"));
  EXPECT_TRUE((*driver)->exists("stack/p/c"));
}

TEST(CgroupV1, AFolderWithoutControllersIsAFault) {
  const FakeCgroupfs fake;
  EXPECT_FALSE(detect(fake.root()).ok());
}

TEST(CgroupV1, UnsupportedNamesTheKeyOfTheFile) {
  const FakeCgroupfs fake;
  fake.folder("memory/stack.probe");
  fake.put("memory/stack.probe/memory.limit_in_bytes", "");
  const auto driver = detect(fake.root());
  Resources resources;
  resources.memory = 1 << 20;
  resources.memory_swap = 2 << 20;
  resources.pids = 3;
  const std::vector<std::string> want = {
      "memswap_limit: this kernel has no \"memory.memsw.limit_in_bytes\"",
      "pids_limit: the \"pids\" controller is not mounted",
  };
  EXPECT_EQ((*driver)->unsupported(resources), want);
  EXPECT_TRUE((*driver)->unsupported({}).empty());
}

TEST(CgroupV1, WithoutALimitNobodyGetsAFolderInCpusetOrBlkio) {
  const FakeCgroupfs fake;
  for (const char* controller : {"freezer", "cpuset", "blkio"}) fake.folder(controller);
  ASSERT_TRUE((*detect(fake.root()))->create("stack/p/c", {}, {}).ok());
  EXPECT_TRUE(is_there(fake.root() + "/freezer/stack/p/c"));
  EXPECT_FALSE(is_there(fake.root() + "/cpuset/stack"));
  EXPECT_FALSE(is_there(fake.root() + "/blkio/stack"));
}

// The rest asks the real kernel, where this machine has v1.
class RealCgroupV1 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    auto driver = detect();
    if (!driver || (*driver)->version() != Version::v1) GTEST_SKIP() << "this host has no cgroup v1";
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
  static std::string file(const std::string& controller, const std::string& path, const std::string& name) {
    return "/sys/fs/cgroup/" + controller + "/" + path + "/" + name;
  }
  std::string value(const std::string& controller, const std::string& name) const {
    return read_value(file(controller, path_, name))->value_or("(none)");
  }
  // A child that enters the cgroup as a container's first process does, then runs `body`.
  template <typename Body>
  pid_t enter(Body body) {
    const auto entry = driver_->entry(path_);
    EXPECT_TRUE(entry.ok());
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (const UniqueFd& tasks : entry->tasks)
        if (::write(tasks.get(), "0", 1) != 1) ::_exit(99);
      body();
      ::_exit(0);
    }
    children_.push_back(pid);
    return pid;
  }

  std::unique_ptr<Driver> driver_;
  std::string path_;
  std::vector<pid_t> children_;
};

TEST_F(RealCgroupV1, KeepsEveryLimitAndForgetsItAgain) {
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
  EXPECT_EQ(value("cpu", "cpu.cfs_quota_us"), "50000");
  EXPECT_EQ(value("cpu", "cpu.shares"), "512");
  EXPECT_EQ(value("cpuset", "cpuset.cpus"), "0");
  EXPECT_EQ(value("memory", "memory.limit_in_bytes"), "67108864");
  EXPECT_EQ(value("memory", "memory.memsw.limit_in_bytes"), "100663296");
  EXPECT_EQ(value("pids", "pids.max"), "20");
  ASSERT_TRUE(driver_->create(path_, resources, {}).ok()) << "making it again is no error";

  resources.memory = 256 << 20;  // above what memory and swap may be together now
  resources.memory_swap = 512 << 20;
  ASSERT_TRUE(driver_->update(path_, resources).ok());
  resources.memory = 16 << 20;
  resources.memory_swap = 16 << 20;
  ASSERT_TRUE(driver_->update(path_, resources).ok());
  EXPECT_EQ(value("memory", "memory.memsw.limit_in_bytes"), "16777216");

  const auto cleared = driver_->update(path_, {});
  ASSERT_TRUE(cleared.ok()) << cleared.error().words;
  EXPECT_EQ(value("cpu", "cpu.cfs_quota_us"), "-1");
  EXPECT_EQ(value("cpu", "cpu.shares"), "1024");
  EXPECT_EQ(value("memory", "memory.limit_in_bytes"), whole_pages(LONG_MAX));
  EXPECT_EQ(value("pids", "pids.max"), "max");
  EXPECT_NE(value("cpuset", "cpuset.cpus"), "0");
}

TEST_F(RealCgroupV1, ACpusetGivenLaterCatchesWhatRunsAlready) {
  ASSERT_TRUE(driver_->create(path_, {}, {}).ok());
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t pid = enter([&] {
    ::close(ready[1]);
    ::pause();
  });
  ::close(ready[1]);
  Resources resources;
  resources.cpuset = "0";
  for (;;) {
    const auto inside = driver_->processes(path_);
    ASSERT_TRUE(inside.ok());
    if (*inside == std::vector<int>{pid}) break;
  }
  ASSERT_TRUE(driver_->update(path_, resources).ok());
  EXPECT_EQ(value("cpuset", "cgroup.procs"), std::to_string(pid));
  ::close(ready[0]);
}

TEST_F(RealCgroupV1, ThrottlesADeviceAndLetsItGo) {
  const char* named = std::getenv("STACK_TEST_BLOCK_DEVICE");
  const std::string device = named == nullptr ? "/dev/vda" : named;
  if (!is_there(device)) GTEST_SKIP() << "no block device to throttle; see tests/vm";
  Resources resources;
  resources.blkio.device_read_bps = {{device, 1 << 20}};
  const auto made = driver_->create(path_, resources, {});
  ASSERT_TRUE(made.ok()) << made.error().words;
  EXPECT_NE(value("blkio", "blkio.throttle.read_bps_device").find(" 1048576"), std::string::npos);
  ASSERT_TRUE(driver_->update(path_, {}).ok());
  EXPECT_EQ(value("blkio", "blkio.throttle.read_bps_device"), "");
}

TEST_F(RealCgroupV1, TheDevicePolicyBites) {
  ASSERT_TRUE(driver_->create(path_, {}, {}).ok());
  const pid_t pid = enter([] {
    if (::open("/dev/null", O_RDWR) < 0) ::_exit(1);
    if (::open("/dev/kmsg", O_RDONLY) >= 0 || errno != EPERM) ::_exit(2);
  });
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  children_.clear();
  EXPECT_EQ(WEXITSTATUS(status), 0);

  DevicePolicy wider;
  wider.allow.push_back({'c', 1, 11, "r"});
  ASSERT_TRUE(driver_->create(path_, {}, wider).ok());
  EXPECT_NE(value("devices", "devices.list").find("c 1:11 r"), std::string::npos);
  ASSERT_TRUE(driver_->create(path_, {}, {}).ok());
  EXPECT_EQ(value("devices", "devices.list").find("c 1:11 r"), std::string::npos);
  ASSERT_TRUE(driver_->create(path_, {}, {true, {}}).ok());
  EXPECT_EQ(value("devices", "devices.list"), "a *:* rwm");
  ASSERT_TRUE(driver_->create(path_, {}, {}).ok()) << "and back";
  EXPECT_EQ(lines_of(file("devices", path_, "devices.list"))->size(), device_rules({}).size());
}

TEST_F(RealCgroupV1, KillReachesAForkingCrowd) {
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
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  children_.clear();
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  while (driver_->read(path_)->pids > 0) {  // dying, not running: none of them can fork any more
  }
  EXPECT_EQ(driver_->processes(path_)->size(), 0U);
  EXPECT_TRUE(driver_->kill(path_).ok()) << "nobody there is no error";
}

TEST_F(RealCgroupV1, CountsOomKills) {
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
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  children_.clear();
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(driver_->read(path_)->oom_kills, 1U);
}

TEST_F(RealCgroupV1, CannotBeRemovedWhileSomeoneIsInIt) {
  ASSERT_TRUE(driver_->create(path_, {}, {}).ok());
  enter([] { ::pause(); });
  while (driver_->processes(path_)->empty()) {
  }
  const auto removed = driver_->remove(path_);
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().code, EBUSY);
}

TEST(CgroupV1, FreezesAndThawsThroughTheFreezer) {
  const FakeCgroupfs fake;
  fake.folder("memory");
  fake.put("freezer/stack/p/c/freezer.state", "THAWED");
  const auto driver = detect(fake.root());
  ASSERT_TRUE((*driver)->freeze("stack/p/c").ok());
  EXPECT_EQ(fake.get("freezer/stack/p/c/freezer.state"), "FROZEN");
  ASSERT_TRUE((*driver)->thaw("stack/p/c").ok());
  EXPECT_EQ(fake.get("freezer/stack/p/c/freezer.state"), "THAWED");
  EXPECT_TRUE((*driver)->thaw("stack/p/gone").ok());
  EXPECT_FALSE((*driver)->freeze("stack/p/gone").ok());
}

TEST(CgroupV1, WithoutAFreezerPausingIsAFaultThatSaysSo) {
  const FakeCgroupfs fake;
  fake.folder("memory/stack/p/c");
  const auto driver = detect(fake.root());
  EXPECT_NE((*driver)->freeze("stack/p/c").error().words.find("\"freezer\" controller is not mounted"),
            std::string::npos);
  EXPECT_TRUE((*driver)->thaw("stack/p/c").ok());
}

TEST(CgroupV1, UsageCountsMemoryWithoutTheIdleFileCache) {
  const FakeCgroupfs fake;
  fake.folder("freezer/stack/p/c");
  fake.put("memory/stack/p/c/memory.usage_in_bytes", "1000\n");
  fake.put("memory/stack/p/c/memory.limit_in_bytes", "9223372036854771712\n");
  fake.put("memory/stack/p/c/memory.stat", "inactive_file 1\ntotal_inactive_file 300\n");
  fake.put("cpuacct/stack/p/c/cpuacct.usage", "5000000\n");
  fake.put("pids/stack/p/c/pids.current", "3\n");
  const auto driver = detect(fake.root());
  const auto usage = (*driver)->usage("stack/p/c");
  ASSERT_TRUE(usage.ok());
  EXPECT_EQ(usage->memory_bytes, 700U);
  EXPECT_EQ(usage->memory_limit, std::nullopt);
  EXPECT_EQ(usage->cpu_usec, 5000U);
  EXPECT_EQ(usage->pids, 3U);
  EXPECT_FALSE(usage->io) << "nobody counts it";
  fake.put("memory/stack/p/c/memory.limit_in_bytes", "4096\n");
  fake.put("blkio/stack/p/c/blkio.throttle.io_service_bytes",
           "8:0 Read 100\n8:0 Write 20\n8:0 Sync 1\n8:16 Read 7\nTotal 128\n");
  const auto with_io = (*detect(fake.root()))->usage("stack/p/c");
  EXPECT_EQ(with_io->memory_limit, 4096U);
  ASSERT_TRUE(with_io->io);
  EXPECT_EQ(with_io->io->read, 107U);
  EXPECT_EQ(with_io->io->written, 20U);
}

}  // namespace
}  // namespace stack::cgroup
