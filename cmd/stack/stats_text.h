// What containers take of the host, in the words of `docker stats`. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/cgroup.h"

namespace stack::cmd {

// One container at one moment. What nobody could learn is absent, and shown as "--".
struct Sample {
  std::string id, name;
  std::int64_t time_ns = 0;  // monotonic
  std::optional<cgroup::Usage> usage;
  std::optional<cgroup::Usage::Io> network;  // bytes received and sent
  std::uint64_t host_memory = 0;             // the limit of who has none
};

struct StatsRow {
  std::string id, name, cpu, memory, memory_share, network, block, pids;
};
// `before`: the same run of it a while ago.
StatsRow stats_row(const Sample& before, const Sample& now);

enum class Ids { shortened, whole };
std::vector<std::string> stats_columns(const StatsRow& row, Ids ids);
// The field names of `docker stats --format json`.
nlohmann::json stats_json(const StatsRow& row, Ids ids);

// "0B", "512KiB", "12.5MiB", "1.944GiB".
std::string binary_size(std::uint64_t bytes);
// Received and sent over all links but the loopback: the sum of /proc/PID/net/dev.
cgroup::Usage::Io network_bytes(const std::string& net_dev);

}  // namespace stack::cmd
