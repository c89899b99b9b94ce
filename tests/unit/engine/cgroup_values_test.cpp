#include "core/engine/cgroup_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <climits>

namespace stack::cgroup {
namespace {

std::string value_in(const std::vector<Setting>& settings, const std::string& file) {
  const auto found =
      std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.file == file; });
  return found == settings.end() ? "(no such file)" : found->value;
}

TEST(CgroupValues, WeightOfSharesIsMonotonic) {
  std::uint64_t last = 0;
  for (std::uint64_t shares = 2; shares <= 262144; ++shares) {
    const std::uint64_t weight = weight_of_shares(shares);
    ASSERT_GE(weight, last) << shares;
    last = weight;
  }
}

TEST(CgroupValues, WeightOfSharesMeetsBothEndsAndTheDefault) {
  EXPECT_EQ(weight_of_shares(0), 1U);
  EXPECT_EQ(weight_of_shares(2), 1U);
  EXPECT_EQ(weight_of_shares(1024), 100U);
  EXPECT_EQ(weight_of_shares(262144), 10000U);
  EXPECT_EQ(weight_of_shares(1'000'000), 10000U);
}

TEST(CgroupValues, IoWeightSpansTheWholeScale) {
  EXPECT_EQ(io_weight(10), 1U);
  EXPECT_EQ(io_weight(1000), 10000U);
  EXPECT_LT(io_weight(300), io_weight(301));
}

TEST(CgroupValues, QuotaIsNeverBelowTheKernelsLeast) {
  EXPECT_EQ(quota_usec(1'500'000'000), 150000U);
  EXPECT_EQ(quota_usec(10'000'000), 1000U);
  EXPECT_EQ(quota_usec(1), 1000U);
}

TEST(CgroupValues, WithoutLimitsEverySettingIsTheKernelsOwn) {
  for (const auto& settings : {settings_v1({}), settings_v2({})})
    for (const Setting& setting : settings) EXPECT_EQ(setting.value, setting.initial) << setting.file;
}

TEST(CgroupValues, AQuotaAndItsPeriodStandForCpus) {
  Resources resources;
  resources.cpu_quota = 20000;
  EXPECT_EQ(value_in(settings_v1(resources), "cpu.cfs_quota_us"), "20000");
  EXPECT_EQ(value_in(settings_v1(resources), "cpu.cfs_period_us"), "100000");
  EXPECT_EQ(value_in(settings_v2(resources), "cpu.max"), "20000 100000");
  resources.cpu_period = 50000;
  EXPECT_EQ(value_in(settings_v1(resources), "cpu.cfs_period_us"), "50000");
  EXPECT_EQ(value_in(settings_v2(resources), "cpu.max"), "20000 50000");
  resources.cpu_quota.reset();
  EXPECT_EQ(value_in(settings_v1(resources), "cpu.cfs_quota_us"), "-1");
  EXPECT_EQ(value_in(settings_v2(resources), "cpu.max"), "max 50000");
}

TEST(CgroupValues, SwappinessAndTheOomKillerAreOfV1Alone) {
  Resources resources;
  resources.mem_swappiness = 10;
  resources.oom_kill_disable = true;
  EXPECT_EQ(value_in(settings_v1(resources), "memory.swappiness"), "10");
  EXPECT_EQ(value_in(settings_v1(resources), "memory.oom_control"), "1");
}

Resources busy() {
  Resources resources;
  resources.nano_cpus = 500'000'000;
  resources.cpu_shares = 512;
  resources.cpuset = "0-1";
  resources.memory = 64 << 20;
  resources.memory_reservation = 32 << 20;
  resources.memory_swap = 96 << 20;
  resources.pids = 20;
  resources.blkio.weight = 300;
  return resources;
}

TEST(CgroupValues, V1WritesEachLimitInItsOwnWords) {
  const auto settings = settings_v1(busy());
  EXPECT_EQ(value_in(settings, "cpu.cfs_quota_us"), "50000");
  EXPECT_EQ(value_in(settings, "cpu.shares"), "512");
  EXPECT_EQ(value_in(settings, "cpuset.cpus"), "0-1");
  EXPECT_EQ(value_in(settings, "memory.limit_in_bytes"), "67108864");
  EXPECT_EQ(value_in(settings, "memory.memsw.limit_in_bytes"), "100663296");
  EXPECT_EQ(value_in(settings, "memory.soft_limit_in_bytes"), "33554432");
  EXPECT_EQ(value_in(settings, "pids.max"), "20");
  EXPECT_EQ(value_in(settings, "blkio.bfq.weight"), "300");
}

TEST(CgroupValues, V2WritesEachLimitInItsOwnWords) {
  const auto settings = settings_v2(busy());
  EXPECT_EQ(value_in(settings, "cpu.max"), "50000 100000");
  EXPECT_EQ(value_in(settings, "cpu.weight"), "59");
  EXPECT_EQ(value_in(settings, "cpuset.cpus"), "0-1");
  EXPECT_EQ(value_in(settings, "memory.max"), "67108864");
  EXPECT_EQ(value_in(settings, "memory.swap.max"), "33554432") << "swap alone: memswap_limit less mem_limit";
  EXPECT_EQ(value_in(settings, "memory.low"), "33554432");
  EXPECT_EQ(value_in(settings, "pids.max"), "20");
  EXPECT_EQ(value_in(settings, "io.weight"), "default 2930");
}

TEST(CgroupValues, MinusOneIsUnlimited) {
  Resources resources;
  resources.memory = 1 << 20;
  resources.memory_swap = -1;
  resources.pids = -1;
  EXPECT_EQ(value_in(settings_v2(resources), "memory.swap.max"), "max");
  EXPECT_EQ(value_in(settings_v2(resources), "pids.max"), "max");
  EXPECT_EQ(value_in(settings_v1(resources), "memory.memsw.limit_in_bytes"), whole_pages(LONG_MAX));
}

TEST(CgroupValues, SwapEqualToMemoryMeansNoSwap) {
  Resources resources;
  resources.memory = 8 << 20;
  resources.memory_swap = 8 << 20;
  EXPECT_EQ(value_in(settings_v2(resources), "memory.swap.max"), "0");
}

TEST(CgroupValues, BytesAreKeptInWholePages) {
  EXPECT_EQ(whole_pages(4097), "4096");
}

TEST(CgroupValues, ADeviceThatIsNoneIsAFaultWithItsKey) {
  BlkioConfig blkio;
  blkio.device_read_bps = {{"/dev/null", 1024}};
  const auto v1 = device_tables_v1(blkio);
  ASSERT_FALSE(v1.ok());
  EXPECT_EQ(v1.error().words, "blkio_config.device_read_bps: look up \"/dev/null\": Block device required");
  EXPECT_FALSE(device_tables_v2(blkio).ok());
}

TEST(CgroupValues, AsMuchSwapAsMemoryWhereTheFileSaysNothing) {
  Resources limited;
  limited.memory = 1 << 20;
  EXPECT_EQ(with_default_swap(limited, SwapAccounting::present).memory_swap, 2 << 20);
  EXPECT_EQ(with_default_swap(limited, SwapAccounting::absent).memory_swap, std::nullopt);
  limited.memory_swap = -1;
  EXPECT_EQ(with_default_swap(limited, SwapAccounting::present).memory_swap, -1);
  EXPECT_EQ(with_default_swap({}, SwapAccounting::present).memory_swap, std::nullopt);
}

}  // namespace
}  // namespace stack::cgroup
