#include "cmd/stack/stats_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stack::cmd {
namespace {

Sample sample(std::int64_t seconds, std::uint64_t cpu_usec) {
  Sample one;
  one.id = std::string(64, 'a');
  one.name = "shop-web-1";
  one.time_ns = seconds * 1'000'000'000;
  one.host_memory = 4ULL << 30;
  one.usage = cgroup::Usage{cpu_usec, 64 << 20, 256 << 20, 7, cgroup::Usage::Io{1'234'000, 0}};
  one.network = cgroup::Usage::Io{1296, 816};
  return one;
}

TEST(StatsRow, HasTheColumnsOfDocker) {
  const StatsRow row = stats_row(sample(10, 500'000), sample(12, 3'500'000));
  const std::vector<std::string> want = {"aaaaaaaaaaaa", "shop-web-1",    "150.00%",     "64MiB / 256MiB",
                                         "25.00%",       "1.30kB / 816B", "1.23MB / 0B", "7"};
  EXPECT_EQ(stats_columns(row, Ids::shortened), want);
  const auto json = stats_json(row, Ids::whole);
  for (const char* field :
       {"BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name", "NetIO", "PIDs"})
    EXPECT_TRUE(json.contains(field)) << field;
  EXPECT_EQ(json["ID"], std::string(64, 'a'));
}

TEST(StatsRow, TheLimitOfWhoHasNoneIsTheHosts) {
  Sample now = sample(12, 0);
  now.usage->memory_limit.reset();
  EXPECT_EQ(stats_row(sample(10, 0), now).memory, "64MiB / 4GiB");
  now.usage->memory_limit = 1ULL << 60;
  EXPECT_EQ(stats_row(sample(10, 0), now).memory, "64MiB / 4GiB");
}

TEST(StatsRow, WhatNobodyKnowsIsNeverNought) {
  Sample now = sample(12, 0);
  now.usage->io.reset();
  now.network.reset();
  EXPECT_EQ(stats_row(sample(10, 0), now).block, "--");
  EXPECT_EQ(stats_row(sample(10, 0), now).network, "--");
  EXPECT_EQ(stats_row(now, now).cpu, "--") << "no time has passed";
  Sample ended = sample(12, 0);
  ended.usage.reset();
  const StatsRow row = stats_row(sample(10, 0), ended);
  EXPECT_EQ(row.cpu + row.memory + row.memory_share + row.pids, "--------");
}

TEST(StatsRow, ANewRunOfAContainerHasUsedNothingBefore) {
  EXPECT_EQ(stats_row(sample(10, 9'000'000), sample(11, 10'000)).cpu, "0.00%");
}

TEST(BinarySize, IsInPowersOf1024) {
  EXPECT_EQ(binary_size(0), "0B");
  EXPECT_EQ(binary_size(1023), "1023B");
  EXPECT_EQ(binary_size(512 << 10), "512KiB");
  EXPECT_EQ(binary_size(13'107'200), "12.5MiB");
  EXPECT_EQ(binary_size(2'087'354'105), "1.944GiB");
}

TEST(NetworkBytes, AreThoseOfAllLinksButTheLoopback) {
  const auto io = network_bytes(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
      "    lo:    9999      10    0    0    0     0          0         0     9999      10    0\n"
      "  eth0:    1296      16    0    0    0     0          0         0      816      10    0\n"
      "eth1:4 1 0 0 0 0 0 0 6 1 0\n"
      "  bad: x\n");
  EXPECT_EQ(io.read, 1300U);
  EXPECT_EQ(io.written, 822U);
}

}  // namespace
}  // namespace stack::cmd
