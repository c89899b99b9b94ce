// Limits: the service's own keys; deploy.resources (service_deploy.cpp) says some of them in another place.
#include <limits>

#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

constexpr const char* kSize = "a size such as \"512m\"";
constexpr std::int64_t kMostPids = 4'194'304;  // PID_MAX_LIMIT of 64-bit kernels

// The same limit said twice must be said alike; 0 is "not limited". The position is kept under the service's
// own key, by which the faults of a limit that the kernel cannot do are reported.
template <typename T>
void set(R& r, const Node& node, const std::string& key, std::optional<T>& field, std::optional<T> value) {
  if (!value) return;
  r.marks.try_emplace(key, node.mark());
  r.spec.positions.try_emplace(key, node.pos);
  const std::string said = "said." + key;
  const bool before = r.marks.contains(said);
  const std::optional<T> wanted = *value == 0 ? std::nullopt : value;
  if (before && field != wanted) {
    r.reading.fault(node, FaultCode::conflicting_keys,
                    r.reading.of(key) + " and deploy.resources say different things",
                    "the other is on line " + std::to_string(r.marks[said].pos.line));
    return;
  }
  r.mark(said, node);
  field = wanted;
}

struct RateReading {
  R& r;
  const char* key;
  DeviceRate device = {};
  bool is_faulty = false;
};

constexpr KeyRule<RateReading> kRateKeys[] = {
    {"path",
     [](RateReading& d, const Node& n) {
       const auto path = d.r.reading.text(n, std::string("path in blkio_config.") + d.key);
       d.is_faulty |= !path;
       d.device.path = path.value_or("");
     }},
    {"rate",
     [](RateReading& d, const Node& n) {
       const auto rate = d.r.reading.value(n, std::string("rate in blkio_config.") + d.key,
                                           "a number or a size such as \"10mb\"", scalars::bytes);
       d.is_faulty |= !rate;
       d.device.rate = rate.value_or(0);
     }},
};

std::vector<DeviceRate> rates(R& r, const Node& node, const char* key) {
  const std::string what = std::string("blkio_config.") + key;
  std::vector<DeviceRate> all;
  if (!r.reading.is_list(node, what)) return all;
  for (const Node& item : node.items) {
    RateReading d{r, key};
    if (!r.reading.is_map(item, "each item in " + what)) continue;
    r.reading.keys<RateReading>(item, what, kRateKeys, d);
    if (d.is_faulty) continue;
    if (!d.device.path.starts_with("/dev/") || d.device.rate == 0) {
      r.reading.fault(item, FaultCode::missing_key,
                      r.reading.of(what) + " needs a \"path\" below /dev and a \"rate\" above 0");
      continue;
    }
    all.push_back(std::move(d.device));
  }
  return all;
}

struct WeightReading {
  R& r;
  DeviceWeight device = {};
  bool is_faulty = false;
};

constexpr KeyRule<WeightReading> kWeightKeys[] = {
    {"path",
     [](WeightReading& d, const Node& n) {
       d.device.path = d.r.reading.text(n, "path in blkio_config.weight_device").value_or("");
     }},
    {"weight",
     [](WeightReading& d, const Node& n) {
       const auto weight = d.r.reading.integer(n, "weight in blkio_config.weight_device", 10, 1000);
       d.is_faulty |= !weight;
       d.device.weight = static_cast<std::uint16_t>(weight.value_or(0));
     }},
};

void weight_device(R& r, const Node& node) {
  const std::string what = "blkio_config.weight_device";
  if (!r.reading.is_list(node, what)) return;
  for (const Node& item : node.items) {
    WeightReading d{r};
    if (!r.reading.is_map(item, "each item in " + what)) continue;
    r.reading.keys<WeightReading>(item, what, kWeightKeys, d);
    if (d.is_faulty) continue;
    if (!d.device.path.starts_with("/dev/") || d.device.weight == 0) {
      r.reading.fault(item, FaultCode::missing_key,
                      r.reading.of(what) + " needs a \"path\" below /dev and a \"weight\"");
      continue;
    }
    r.spec.resources.blkio.weight_device.push_back(std::move(d.device));
  }
}

constexpr ServiceKey kBlkioKeys[] = {
    {"device_read_bps",
     [](R& r, const Node& n) { r.spec.resources.blkio.device_read_bps = rates(r, n, "device_read_bps"); }},
    {"device_read_iops",
     [](R& r, const Node& n) { r.spec.resources.blkio.device_read_iops = rates(r, n, "device_read_iops"); }},
    {"device_write_bps",
     [](R& r, const Node& n) { r.spec.resources.blkio.device_write_bps = rates(r, n, "device_write_bps"); }},
    {"device_write_iops",
     [](R& r, const Node& n) {
       r.spec.resources.blkio.device_write_iops = rates(r, n, "device_write_iops");
     }},
    {"weight",
     [](R& r, const Node& n) {
       r.spec.resources.blkio.weight =
           static_cast<std::uint16_t>(r.reading.integer(n, "blkio_config.weight", 10, 1000).value_or(0));
     }},
    {"weight_device", weight_device},
};

// Microseconds; 0 and what stands for "no limit" leave it unset.
std::optional<std::uint64_t> microseconds(R& r, const Node& node, const char* key, std::int64_t none,
                                          std::int64_t least, std::int64_t most) {
  const auto number = node.is_scalar() ? scalars::integer(node.text) : std::nullopt;
  if (number && (*number == 0 || *number == none)) return std::nullopt;
  const auto value = r.reading.integer(node, key, least, most);
  return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

}  // namespace

void cpus(R& r, const Node& node) {
  set(r, node, "cpus", r.spec.resources.nano_cpus,
      r.reading.value(node, "cpus", "a number such as 1.5", scalars::nano_cpus));
}

void cpu_shares(R& r, const Node& node) {
  if (node.is_scalar() && node.text == "0") return;
  const auto shares = r.reading.integer(node, "cpu_shares", 2, 262'144);
  if (shares) r.spec.resources.cpu_shares = static_cast<std::uint64_t>(*shares);
}

void cpuset(R& r, const Node& node) {
  r.spec.resources.cpuset =
      r.reading.value(node, "cpuset", "a list such as \"0-1,3\"", scalars::cpu_set).value_or("");
}

void mem_limit(R& r, const Node& node) {
  set(r, node, "mem_limit", r.spec.resources.memory,
      r.reading.value(node, "mem_limit", kSize, scalars::bytes));
}
void mem_reservation(R& r, const Node& node) {
  set(r, node, "mem_reservation", r.spec.resources.memory_reservation,
      r.reading.value(node, "mem_reservation", kSize, scalars::bytes));
}

void memswap_limit(R& r, const Node& node) {
  if (node.is_scalar() && node.text == "-1") {
    r.spec.resources.memory_swap = -1;
    return;
  }
  const auto size = r.reading.value(node, "memswap_limit", "-1 or a size such as \"512m\"", scalars::bytes);
  if (size && *size != 0) r.spec.resources.memory_swap = static_cast<std::int64_t>(*size);
}

void pids_limit(R& r, const Node& node) {
  set(r, node, "pids_limit", r.spec.resources.pids, r.reading.integer(node, "pids_limit", -1, kMostPids));
}

// The bounds of the kernel's own: min_cfs_quota_period and max_cfs_quota_period (kernel/sched/core.c).
void cpu_period(R& r, const Node& node) {
  r.spec.resources.cpu_period = microseconds(r, node, "cpu_period", 0, 1'000, 1'000'000);
}
void cpu_quota(R& r, const Node& node) {
  r.spec.resources.cpu_quota =
      microseconds(r, node, "cpu_quota", -1, 1'000, std::numeric_limits<std::int64_t>::max() / 1'000);
}

void mem_swappiness(R& r, const Node& node) {
  if (node.is_scalar() && node.text == "-1") return;  // Docker's word for "as the host"
  const auto value = r.reading.integer(node, "mem_swappiness", 0, 100);
  if (value) r.spec.resources.mem_swappiness = static_cast<int>(*value);
}
void oom_kill_disable(R& r, const Node& node) {
  if (r.reading.truth(node, "oom_kill_disable").value_or(false)) r.spec.resources.oom_kill_disable = true;
}

void blkio_config(R& r, const Node& node) {
  if (r.reading.is_map(node, "blkio_config")) r.reading.keys<R>(node, "blkio_config", kBlkioKeys, r);
}

}  // namespace stack::service_keys
