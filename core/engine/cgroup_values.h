// The tables that turn the file's limits into the words of each generation's control files. Pure, but for
// stat(2) of the block devices named by blkio_config.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cgroup {

// One control file and the words it shall hold.
struct Setting {
  std::string key;         // as the stack file calls it
  std::string controller;  // "memory"
  std::string file;        // "memory.max"
  std::string value;
  std::string initial;  // what a new cgroup holds
};

// A control file of one line a block device ("8:0 1048576").
struct DeviceTable {
  std::string key;
  std::string controller;
  std::string file;
  std::map<std::string, std::string> lines;  // "8:0" -> words
  std::string cleared;                       // the words that take a device out of the table
};

// Both lists hold every limit that exists, in the order in which they are written.
std::vector<Setting> settings_v1(const Resources& resources);
std::vector<Setting> settings_v2(const Resources& resources);
Result<std::vector<DeviceTable>> device_tables_v1(const BlkioConfig& blkio);
Result<std::vector<DeviceTable>> device_tables_v2(const BlkioConfig& blkio);

// As Compose has it: with mem_limit and no memswap_limit a service may swap as much as it has memory. Where
// the kernel does not count swap there is nothing to limit.
enum class SwapAccounting { absent, present };
Resources with_default_swap(const Resources& resources, SwapAccounting accounting);

// Whether `blkio` says anything at all.
bool is_set(const BlkioConfig& blkio);
// cpu.shares 2..262144 to cpu.weight 1..10000: monotonic, both ends and the defaults (1024, 100) meet.
std::uint64_t weight_of_shares(std::uint64_t shares);
// blkio weight 10..1000 to io.weight 1..10000.
std::uint64_t io_weight(std::uint64_t weight);
// The bandwidth of `nano_cpus` in each period of 100 ms, never below the kernel's least, 1 ms.
std::uint64_t quota_usec(std::uint64_t nano_cpus);
// What the kernel keeps of a byte limit: whole pages.
std::string whole_pages(std::uint64_t bytes);

}  // namespace stack::cgroup
