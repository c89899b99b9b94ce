#include "core/engine/cgroup_v2.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/engine/cgroup_probe.h"
#include "core/sys/files.h"

namespace stack::cgroup {
namespace {

constexpr const char* kControllers[] = {"cpu", "cpuset", "io", "memory", "pids"};

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool has_word(const std::string& words, const std::string& word) {
  return (" " + words + " ").find(" " + word + " ") != std::string::npos;
}

// BFQ has a weight file of its own, in the file's own units; which of the two counts is the I/O scheduler's
// affair.
Setting bfq_weight(const Resources& resources) {
  const int weight = resources.blkio.weight ? resources.blkio.weight : 100;
  return {"blkio_config.weight", "io", "io.bfq.weight", std::to_string(weight), "100"};
}

}  // namespace

Result<void> hand_down_controllers(const std::string& folder) {
  const std::string offered = TRY(read_value(folder + "/cgroup.controllers")).value_or("");
  const std::string held = TRY(read_value(folder + "/cgroup.subtree_control")).value_or("");
  std::vector<std::string> wanted;
  std::string all;
  for (const std::string controller : kControllers) {
    if (!has_word(offered, controller) || has_word(held, controller)) continue;
    wanted.push_back("+" + controller);
    all += (all.empty() ? "+" : " +") + controller;
  }
  if (wanted.empty()) return {};
  const std::string file = folder + "/cgroup.subtree_control";
  const auto written = write_existing(file, all);
  if (written || written.error().code == EBUSY) return written;
  // All or nothing failed: cpu, say, is refused (EINVAL) while a real-time task is outside the root.
  for (const std::string& one : wanted) {
    const auto single = write_existing(file, one);
    if (!single && single.error().code != EINVAL && single.error().code != ENOENT) return single;
  }
  return {};
}

const std::set<std::string>& DriverV2::files() const {
  if (!files_) {
    // What cannot be handed down shows as missing files.
    files_ = hand_down_controllers(root_) ? files_of_new_cgroup(root_) : std::set<std::string>{};
  }
  return *files_;
}

std::vector<Setting> DriverV2::settings(const Resources& resources, const std::string& path) const {
  const auto swap =
      is_there(folder(path) + "/memory.swap.max") ? SwapAccounting::present : SwapAccounting::absent;
  std::vector<Setting> settings = settings_v2(with_default_swap(resources, swap));
  const bool with_bfq = resources.blkio.weight && is_there(folder(path) + "/io.bfq.weight");
  if (!with_bfq) return settings;
  if (!is_there(folder(path) + "/io.weight")) settings.pop_back();
  settings.push_back(bfq_weight(resources));
  return settings;
}

std::vector<std::string> DriverV2::unsupported(const Resources& resources) const {
  const auto tables = device_tables_v2(resources.blkio);
  if (!tables) return {tables.error().words};
  return missing_files(settings_v2(resources), *tables, resources,
                       [this](const std::string& controller, const std::string& file) -> std::string {
                         const bool has = files().contains(file);
                         if (has || (file == "io.weight" && files().contains("io.bfq.weight"))) return "";
                         if (!files().contains(controller + ".stat") &&
                             !files().contains(controller + ".max") &&
                             !files().contains(controller + ".cpus"))
                           return "the \"" + controller + "\" controller is not available";
                         if (file == "memory.swappiness" || file == "memory.oom_control")
                           return "cgroup v2 has none";
                         return "this kernel has no \"" + file + "\"";
                       });
}

// Makes the parents and hands the controllers down through each of them, once.
Result<void> DriverV2::prepare(const std::string& parent) {
  if (!parent.empty()) {
    TRY(prepare(parent_of(parent)));
    TRY(make_folder(folder(parent)));
  }
  TRY(hand_down_controllers(folder(parent)));
  prepared_.insert(parent);
  return {};
}

Result<Made> DriverV2::make(const std::string& path) {
  const std::string parent = parent_of(path);
  if (!prepared_.contains(parent)) TRY(prepare(parent));
  auto made = make_folder(folder(path));
  // More than once: the last of another stack's containers takes the parent that all share with it.
  for (int i = 0; i < 3 && !made && made.error().code == ENOENT; ++i) {
    const auto prepared = prepare(parent);
    if (!prepared && prepared.error().code != ENOENT) return prepared.error();
    made = make_folder(folder(path));
  }
  return made;
}

Result<void> DriverV2::write_limits(const std::string& path, const Resources& resources, Made made) const {
  const std::string at = folder(path) + "/";
  for (const Setting& setting : settings(resources, path)) {
    if (setting.value == setting.initial && (made == Made::now || !is_there(at + setting.file))) continue;
    TRY(bring_to(at + setting.file, setting.value).with(setting.key));
  }
  if (made == Made::now && !is_set(resources.blkio)) return {};
  for (const DeviceTable& table : TRY(device_tables_v2(resources.blkio)))
    TRY(bring_devices_to(at + table.file, table).with(table.key));
  return {};
}

Result<void> DriverV2::create(const std::string& path, const Resources& resources,
                              const DevicePolicy& devices) {
  const Made made = TRY(make(path));
  TRY(write_limits(path, resources, made));
  return device_filter_.apply(folder(path), devices, made);
}

Result<void> DriverV2::update(const std::string& path, const Resources& resources) {
  if (!exists(path)) return os_error("update cgroup \"" + path + "\"", ENOENT);
  return write_limits(path, resources, Made::before);
}

std::vector<Limit> DriverV2::limits(const std::string& path, const Resources& resources) const {
  std::vector<Limit> limits;
  for (const Setting& setting : settings(resources, path)) {
    const std::string file = folder(path) + "/" + setting.file;
    if (is_there(file)) limits.push_back({file, setting.value});
  }
  return limits;
}

Result<Entry> DriverV2::entry(const std::string& path) {
  Entry entry;
  entry.into = TRY(open_fd(folder(path), O_RDONLY | O_DIRECTORY));
  return entry;
}

bool DriverV2::exists(const std::string& path) const {
  return is_there(folder(path));
}

Result<void> DriverV2::kill(const std::string& path) {
  if (!exists(path)) return {};
  const auto killed = write_existing(folder(path) + "/cgroup.kill", "1");
  if (killed || killed.error().code != ENOENT) return killed;
  // Before Linux 5.14. Unlike v1's, this freezer lets SIGKILL through; it only keeps the others from forking
  // meanwhile.
  const std::string freeze = folder(path) + "/cgroup.freeze";
  const auto frozen = write_existing(freeze, "1");
  const auto swept = kill_below(folder(path));
  if (frozen) TRY(write_existing(freeze, "0"));
  return swept;
}

Result<void> DriverV2::freeze(const std::string& path) {
  // As in v1: a task in uninterruptible sleep holds still when it wakes, and nobody waits for that.
  constexpr int kPatience = 64;
  TRY(write_existing(folder(path) + "/cgroup.freeze", "1"));
  for (int i = 0; i < kPatience && TRY(read_counter(folder(path) + "/cgroup.events", "frozen")) != 1; ++i) {
  }
  return {};
}

Result<void> DriverV2::thaw(const std::string& path) {
  const std::string freeze = folder(path) + "/cgroup.freeze";
  // Not there before Linux 5.2, which then has frozen nothing either.
  return is_there(freeze) ? bring_to(freeze, "0") : Result<void>();
}

Result<std::vector<int>> DriverV2::processes(const std::string& path) const {
  return processes_below(folder(path));
}

Result<Readings> DriverV2::read(const std::string& path) const {
  if (!exists(path)) return os_error("read cgroup \"" + path + "\"", ENOENT);
  const std::string at = folder(path) + "/";
  Readings readings;
  readings.memory_bytes = TRY(read_number(at + "memory.current"));
  readings.cpu_usec = TRY(read_counter(at + "cpu.stat", "usage_usec"));
  readings.pids = TRY(read_number(at + "pids.current"));
  readings.oom_kills = TRY(read_counter(at + "memory.events", "oom_kill"));
  return readings;
}

Result<Usage> DriverV2::usage(const std::string& path) const {
  const Readings readings = TRY(read(path));
  const std::string at = folder(path) + "/";
  Usage usage;
  usage.cpu_usec = readings.cpu_usec;
  usage.pids = readings.pids;
  const std::uint64_t idle = TRY(read_counter(at + "memory.stat", "inactive_file"));
  usage.memory_bytes = readings.memory_bytes - std::min(idle, readings.memory_bytes);
  const auto limit = TRY(read_value(at + "memory.max"));
  if (limit && *limit != "max") usage.memory_limit = TRY(read_number(at + "memory.max"));
  if (is_there(at + "io.stat"))
    usage.io = Usage::Io{TRY(sum_of_devices(at + "io.stat", "rbytes")),
                         TRY(sum_of_devices(at + "io.stat", "wbytes"))};
  return usage;
}

Result<void> DriverV2::remove(const std::string& path) {
  TRY(remove_below(folder(path)));
  prepared_.erase(path);
  const std::string parent = parent_of(path);
  if (parent.empty() || parent.find('/') != std::string::npos) return {};
  // The folder all stacks share goes with the last of them; EBUSY where another stack is up.
  if (::rmdir(folder(parent).c_str()) == 0) prepared_.erase(parent);
  return {};
}

}  // namespace stack::cgroup
