#include "cmd/stack/stats_text.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cmd/stack/format.h"

namespace stack::cmd {
namespace {

using cgroup::Usage;

constexpr const char* kUnknown = "--";

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f%%", share);
  return text;
}

// Of one processor: two that are busy are 200%.
std::string cpu_text(const Sample& before, const Sample& now) {
  const auto passed_ns = now.time_ns - before.time_ns;
  if (!now.usage || !before.usage || passed_ns <= 0) return kUnknown;
  const std::uint64_t then = before.usage->cpu_usec;
  const std::uint64_t used = now.usage->cpu_usec > then ? now.usage->cpu_usec - then : 0;
  return percent(100.0 * 1000 * static_cast<double>(used) / static_cast<double>(passed_ns));
}

std::uint64_t limit_of(const Sample& sample) {
  const std::uint64_t limit = sample.usage->memory_limit.value_or(sample.host_memory);
  return std::min(limit, sample.host_memory);
}

std::string io_text(const std::optional<Usage::Io>& io) {
  return io ? human_size(io->read) + " / " + human_size(io->written) : kUnknown;
}

std::string id_of(const StatsRow& row, Ids ids) {
  return ids == Ids::whole ? row.id : row.id.substr(0, 12);
}

}  // namespace

StatsRow stats_row(const Sample& before, const Sample& now) {
  StatsRow row{now.id,   now.name, cpu_text(before, now), kUnknown, kUnknown, io_text(now.network),
               kUnknown, kUnknown};
  if (!now.usage) return row;
  const std::uint64_t limit = limit_of(now);
  row.memory = binary_size(now.usage->memory_bytes) + " / " + binary_size(limit);
  const double share = static_cast<double>(now.usage->memory_bytes) / static_cast<double>(limit);
  if (limit > 0) row.memory_share = percent(100 * share);
  row.block = io_text(now.usage->io);
  row.pids = std::to_string(now.usage->pids);
  return row;
}

std::vector<std::string> stats_columns(const StatsRow& row, Ids ids) {
  return {id_of(row, ids), row.name, row.cpu, row.memory, row.memory_share, row.network, row.block, row.pids};
}

nlohmann::json stats_json(const StatsRow& row, Ids ids) {
  return {{"Container", id_of(row, ids)}, {"ID", id_of(row, ids)},  {"Name", row.name},
          {"CPUPerc", row.cpu},           {"MemUsage", row.memory}, {"MemPerc", row.memory_share},
          {"NetIO", row.network},         {"BlockIO", row.block},   {"PIDs", row.pids}};
}

std::string binary_size(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) value /= 1024, ++unit;
  char text[32];
  std::snprintf(text, sizeof text, "%.4g%s", value, kUnits[unit]);
  return text;
}

// Two lines of headings, then "  eth0: 1296 16 0 0 0 0 0 0 816 10 ..." (proc(5)).
Usage::Io network_bytes(const std::string& net_dev) {
  Usage::Io sum;
  std::istringstream lines(net_dev);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string name = line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' '));
    if (name == "lo") continue;
    std::istringstream words(line.substr(colon + 1));
    std::uint64_t received = 0;
    std::uint64_t skipped = 0;
    std::uint64_t sent = 0;
    words >> received;
    for (int i = 0; i < 7; ++i) words >> skipped;
    words >> sent;
    if (!words) continue;
    sum.read += received;
    sum.written += sent;
  }
  return sum;
}

}  // namespace stack::cmd
