#include "core/engine/cgroup_values.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cmath>

namespace stack::cgroup {
namespace {

constexpr std::uint64_t kPeriodUsec = 100000;
constexpr std::uint64_t kLeastQuotaUsec = 1000;  // min_cfs_quota_period, kernel/sched/core.c

std::uint64_t page_size() {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

// v1 has no word for "no limit": it answers with the largest count of pages (PAGE_COUNTER_MAX).
std::string unlimited_v1() {
  return whole_pages(LONG_MAX);
}

std::string bytes_or(const std::optional<std::uint64_t>& bytes, const std::string& otherwise) {
  return bytes ? whole_pages(*bytes) : otherwise;
}

std::string pids_of(const Resources& resources) {
  return resources.pids && *resources.pids > 0 ? std::to_string(*resources.pids) : "max";
}

// The file's memswap_limit is memory and swap together; v2 limits swap alone.
std::string swap_only(const Resources& resources) {
  if (!resources.memory_swap || *resources.memory_swap < 0) return "max";
  const auto both = static_cast<std::uint64_t>(*resources.memory_swap);
  const std::uint64_t memory = resources.memory.value_or(0);
  return whole_pages(both > memory ? both - memory : 0);
}

std::string memory_and_swap(const Resources& resources) {
  if (!resources.memory_swap || *resources.memory_swap < 0) return unlimited_v1();
  return whole_pages(static_cast<std::uint64_t>(*resources.memory_swap));
}

const std::string& or_default(const std::string& text, const std::string& otherwise) {
  return text.empty() ? otherwise : text;
}

// The two halves of a CPU limit: cpus, or cpu_quota in each cpu_period.
struct CpuTime {
  std::string quota;  // "" is unlimited
  std::string period = std::to_string(kPeriodUsec);
  std::string key = "cpus";
};
CpuTime cpu_time(const Resources& resources) {
  CpuTime time;
  if (resources.nano_cpus) time.quota = std::to_string(quota_usec(*resources.nano_cpus));
  if (resources.cpu_quota) time.quota = std::to_string(*resources.cpu_quota);
  if (resources.cpu_period) time.period = std::to_string(*resources.cpu_period);
  if (resources.cpu_quota || resources.cpu_period)
    time.key = resources.cpu_quota ? "cpu_quota" : "cpu_period";
  return time;
}

std::string swappiness_of(const Resources& resources) {
  return resources.mem_swappiness ? std::to_string(*resources.mem_swappiness) : "";
}
std::string oom_control_of(const Resources& resources) {
  return resources.oom_kill_disable.value_or(false) ? "1" : "0";
}

Result<std::string> device_number(const std::string& key, const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return os_error(key + ": stat \"" + path + "\"");
  if (!S_ISBLK(st.st_mode)) return os_error(key + ": look up \"" + path + "\"", ENOTBLK);
  return std::to_string(major(st.st_rdev)) + ":" + std::to_string(minor(st.st_rdev));
}

struct RateList {
  const char* key;
  const char* file_v1;
  const char* word_v2;
  const std::vector<DeviceRate> BlkioConfig::*rates;
};
constexpr RateList kRates[] = {
    {"blkio_config.device_read_bps", "blkio.throttle.read_bps_device", "rbps", &BlkioConfig::device_read_bps},
    {"blkio_config.device_write_bps", "blkio.throttle.write_bps_device", "wbps",
     &BlkioConfig::device_write_bps},
    {"blkio_config.device_read_iops", "blkio.throttle.read_iops_device", "riops",
     &BlkioConfig::device_read_iops},
    {"blkio_config.device_write_iops", "blkio.throttle.write_iops_device", "wiops",
     &BlkioConfig::device_write_iops},
};
constexpr const char* kWeightDeviceKey = "blkio_config.weight_device";

// "rbps=1024 wbps=max riops=max wiops=max", in the order in which the kernel prints them.
std::string throttle_words(const std::map<std::string, std::string>& rates) {
  std::string words;
  for (const RateList& list : kRates) {
    const auto rate = rates.find(list.word_v2);
    words += std::string(words.empty() ? "" : " ") + list.word_v2 + "=" +
             (rate == rates.end() ? "max" : rate->second);
  }
  return words;
}

}  // namespace

std::string whole_pages(std::uint64_t bytes) {
  return std::to_string(bytes / page_size() * page_size());
}

std::uint64_t weight_of_shares(std::uint64_t shares) {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  // A quadratic in log2 through (2, 1), (1024, 100) and (262144, 10000), as the OCI runtimes agreed on: the
  // linear map they had before turned the default of 1024 into 39.
  const double l = std::log2(static_cast<double>(shares));
  const double exponent = (l * l + 125.0 * l) / 612.0 - 7.0 / 34.0;
  // The small constant keeps rounding errors of log2 from lifting an exact 100 to 101.
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(std::pow(10.0, exponent) - 1e-9)), 1,
                                   10000);
}

std::uint64_t io_weight(std::uint64_t weight) {
  return 1 + (std::clamp<std::uint64_t>(weight, 10, 1000) - 10) * 9999 / 990;
}

std::uint64_t quota_usec(std::uint64_t nano_cpus) {
  return std::max(kLeastQuotaUsec, nano_cpus / (1'000'000'000 / kPeriodUsec));
}

Resources with_default_swap(const Resources& resources, SwapAccounting accounting) {
  Resources whole = resources;
  if (whole.memory && !whole.memory_swap && accounting == SwapAccounting::present)
    whole.memory_swap = static_cast<std::int64_t>(std::min<std::uint64_t>(*whole.memory, LONG_MAX / 2) * 2);
  return whole;
}

bool is_set(const BlkioConfig& blkio) {
  return blkio != BlkioConfig{};
}

std::vector<Setting> settings_v1(const Resources& resources) {
  const CpuTime time = cpu_time(resources);
  const std::string unlimited = unlimited_v1();
  std::vector<Setting> settings = {
      {time.key, "cpu", "cpu.cfs_period_us", time.period, "100000"},
      {time.key, "cpu", "cpu.cfs_quota_us", or_default(time.quota, "-1"), "-1"},
      {"cpu_shares", "cpu", "cpu.shares", std::to_string(resources.cpu_shares.value_or(1024)), "1024"},
      {"cpuset", "cpuset", "cpuset.cpus", resources.cpuset, ""},
      {"mem_limit", "memory", "memory.limit_in_bytes", bytes_or(resources.memory, unlimited), unlimited},
      {"memswap_limit", "memory", "memory.memsw.limit_in_bytes", memory_and_swap(resources), unlimited},
      {"mem_reservation", "memory", "memory.soft_limit_in_bytes",
       bytes_or(resources.memory_reservation, unlimited), unlimited},
      {"mem_swappiness", "memory", "memory.swappiness", swappiness_of(resources), ""},
      {"oom_kill_disable", "memory", "memory.oom_control", oom_control_of(resources), "0"},
      {"pids_limit", "pids", "pids.max", pids_of(resources), "max"},
  };
  const std::uint16_t weight = resources.blkio.weight;
  settings.push_back(
      {"blkio_config.weight", "blkio", "blkio.bfq.weight", std::to_string(weight ? weight : 100), "100"});
  return settings;
}

std::vector<Setting> settings_v2(const Resources& resources) {
  const CpuTime time = cpu_time(resources);
  const std::uint64_t weight = resources.cpu_shares ? weight_of_shares(*resources.cpu_shares) : 100;
  std::vector<Setting> settings = {
      {time.key, "cpu", "cpu.max", or_default(time.quota, "max") + " " + time.period, "max 100000"},
      {"cpu_shares", "cpu", "cpu.weight", std::to_string(weight), "100"},
      {"cpuset", "cpuset", "cpuset.cpus", resources.cpuset, ""},
      {"mem_limit", "memory", "memory.max", bytes_or(resources.memory, "max"), "max"},
      {"memswap_limit", "memory", "memory.swap.max", swap_only(resources), "max"},
      {"mem_reservation", "memory", "memory.low", bytes_or(resources.memory_reservation, "0"), "0"},
      // v2 has neither, and no other file that does the same: their absence is told before anything starts.
      {"mem_swappiness", "memory", "memory.swappiness", swappiness_of(resources), ""},
      {"oom_kill_disable", "memory", "memory.oom_control", oom_control_of(resources), "0"},
      {"pids_limit", "pids", "pids.max", pids_of(resources), "max"},
  };
  const std::uint64_t io = resources.blkio.weight ? io_weight(resources.blkio.weight) : 100;
  settings.push_back(
      {"blkio_config.weight", "io", "io.weight", "default " + std::to_string(io), "default 100"});
  return settings;
}

Result<std::vector<DeviceTable>> device_tables_v1(const BlkioConfig& blkio) {
  std::vector<DeviceTable> tables;
  for (const RateList& list : kRates) {
    DeviceTable table{list.key, "blkio", list.file_v1, {}, "0"};
    for (const DeviceRate& rate : blkio.*list.rates)
      table.lines[TRY(device_number(list.key, rate.path))] = std::to_string(rate.rate);
    tables.push_back(std::move(table));
  }
  DeviceTable weights{kWeightDeviceKey, "blkio", "blkio.bfq.weight_device", {}, "0"};
  for (const DeviceWeight& weight : blkio.weight_device)
    weights.lines[TRY(device_number(kWeightDeviceKey, weight.path))] = std::to_string(weight.weight);
  tables.push_back(std::move(weights));
  return tables;
}

Result<std::vector<DeviceTable>> device_tables_v2(const BlkioConfig& blkio) {
  std::map<std::string, std::map<std::string, std::string>> rates;  // device -> word -> rate
  std::string key = "blkio_config";
  for (const RateList& list : kRates) {
    for (const DeviceRate& rate : blkio.*list.rates) {
      rates[TRY(device_number(list.key, rate.path))][list.word_v2] = std::to_string(rate.rate);
      key = list.key;
    }
  }
  DeviceTable throttles{key, "io", "io.max", {}, throttle_words({})};
  for (const auto& [device, words] : rates) throttles.lines[device] = throttle_words(words);
  DeviceTable weights{kWeightDeviceKey, "io", "io.weight", {}, "default"};
  for (const DeviceWeight& weight : blkio.weight_device)
    weights.lines[TRY(device_number(kWeightDeviceKey, weight.path))] =
        std::to_string(io_weight(weight.weight));
  return std::vector<DeviceTable>{std::move(throttles), std::move(weights)};
}

}  // namespace stack::cgroup
