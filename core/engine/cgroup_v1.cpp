#include "core/engine/cgroup_v1.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/engine/cgroup_devices.h"
#include "core/engine/cgroup_probe.h"
#include "core/sys/files.h"

namespace stack::cgroup {
namespace {

// Every container has a folder in these. In cpuset and blkio it gets one only when a limit asks for it: two
// folders less to make and to enter at each start, and most services name neither.
constexpr const char* kAlways[] = {"cpu", "cpuacct", "memory", "pids", "devices", "freezer"};

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool is_memory_bound(const Setting& setting) {
  return setting.file == "memory.limit_in_bytes" || setting.file == "memory.memsw.limit_in_bytes";
}

// What a new cgroup takes from the one above it.
bool is_inherited(const Setting& setting) {
  return setting.file == "cpuset.cpus" || setting.file == "memory.swappiness";
}

constexpr const char* kEveryDevice = "a *:* rwm";

// Each of `lines` that is not among `but`, in a write of its own as the kernel wants it, through one
// descriptor.
Result<void> write_lines(const std::string& file, const std::set<std::string>& lines,
                         const std::set<std::string>& but) {
  UniqueFd fd;
  for (const std::string& line : lines) {
    if (but.contains(line)) continue;
    if (!fd) fd = TRY(open_fd(file, O_WRONLY));
    if (::write(fd.get(), line.data(), line.size()) < 0) return os_error("write \"" + file + "\" = " + line);
  }
  return {};
}

// The state is FREEZING while a task is still on its way; one in uninterruptible sleep may stay so for long:
// hence the bound. It holds still when it wakes.
Result<void> hold_still(const std::string& freezer_state) {
  constexpr int kPatience = 64;
  TRY(write_existing(freezer_state, "FROZEN"));
  for (int i = 0; i < kPatience && TRY(read_value(freezer_state)) != "FROZEN"; ++i) {
  }
  return {};
}

// What a cgroup without a limit says is LONG_MAX, in whole pages.
constexpr std::uint64_t kNoMemoryLimit = std::uint64_t{1} << 62;

}  // namespace

DriverV1::DriverV1(std::map<std::string, std::string> mounts) : mounts_(std::move(mounts)) {
  for (const char* controller : kAlways) {
    const auto mount = mounts_.find(controller);
    if (mount != mounts_.end()) hierarchies_.insert(mount->second);
  }
  const auto freezer = mounts_.find("freezer");
  leading_ = freezer != mounts_.end() ? freezer->second : *hierarchies_.begin();
}

std::string DriverV1::folder(const std::string& controller, const std::string& path) const {
  const auto mount = mounts_.find(controller);
  return mount == mounts_.end() ? "" : mount->second + "/" + path;
}

bool DriverV1::has_file(const std::string& controller, const std::string& file) const {
  const auto mount = mounts_.find(controller);
  if (mount == mounts_.end()) return false;
  auto known = files_.find(mount->second);
  if (known == files_.end()) known = files_.emplace(mount->second, files_of_new_cgroup(mount->second)).first;
  return known->second.contains(file);
}

std::vector<std::string> DriverV1::unsupported(const Resources& resources) const {
  const auto tables = device_tables_v1(resources.blkio);
  if (!tables) return {tables.error().words};
  return missing_files(settings_v1(resources), *tables, resources,
                       [this](const std::string& controller, const std::string& file) -> std::string {
                         if (!mounts_.contains(controller))
                           return "the \"" + controller + "\" controller is not mounted";
                         if (!has_file(controller, file)) return "this kernel has no \"" + file + "\"";
                         return "";
                       });
}

Result<Made> DriverV1::make_in(const std::string& hierarchy, const std::string& path) {
  auto made = make_folder(hierarchy + "/" + path);
  // More than once: the last of another stack's containers takes the parent that all share with it.
  for (int i = 0; i < 3 && !made && made.error().code == ENOENT && !path.empty(); ++i) {
    TRY(make_in(hierarchy, parent_of(path)));
    made = make_folder(hierarchy + "/" + path);
  }
  return made;
}

// A v1 cpuset is born empty, and no process may enter an empty one (ENOSPC): each level takes its parent's.
Result<void> DriverV1::fill_cpuset(const std::string& path) const {
  const std::string mount = mounts_.at("cpuset");
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    std::size_t end = 0;
    std::string above = TRY(read_value(mount + file)).value_or("");
    while (end != std::string::npos) {
      end = path.find('/', end + 1);
      const std::string level = mount + "/" + path.substr(0, end) + file;
      const std::string held = TRY(read_value(level)).value_or("");
      if (held.empty()) TRY(write_existing(level, above));
      if (!held.empty()) above = held;
    }
  }
  return {};
}

// Makes the container's folder in a hierarchy it did without till now, and moves what runs into it.
Result<void> DriverV1::need(const std::string& controller, const std::string& path) {
  const auto mount = mounts_.find(controller);
  if (mount == mounts_.end())
    return fault("make cgroup \"" + path + "\": no \"" + controller + "\" controller");
  if (hierarchies_.contains(mount->second)) return {};
  if (TRY(make_in(mount->second, path)) == Made::before) return {};
  if (controller == "cpuset") TRY(fill_cpuset(path));
  std::set<int> moved;
  for (bool fresh = true; fresh;) {  // a process may fork between the reading and the move
    fresh = false;
    for (const int pid : TRY(processes(path))) {
      if (!moved.insert(pid).second) continue;
      fresh = true;
      const auto written = write_existing(mount->second + "/" + path + "/cgroup.procs", std::to_string(pid));
      if (!written && written.error().code != ESRCH) return written;
    }
  }
  return {};
}

// memory.memsw may never be below memory.limit, so the order depends on the direction.
Result<void> DriverV1::write_memory(const std::string& path, const std::vector<Setting>& memory) const {
  const std::string base = folder("memory", path) + "/";
  if (memory.size() == 2) {
    const std::uint64_t both_now = TRY(read_number(base + memory[1].file));
    if (std::stoull(memory[0].value) > both_now) {
      TRY(bring_to(base + memory[1].file, memory[1].value));
      return bring_to(base + memory[0].file, memory[0].value);
    }
  }
  for (const Setting& setting : memory) TRY(bring_to(base + setting.file, setting.value));
  return {};
}

Result<void> DriverV1::write_limits(const std::string& path, const Resources& resources,
                                    const std::set<std::string>& made) {
  std::vector<Setting> memory;
  const auto swap =
      has_file("memory", "memory.memsw.limit_in_bytes") ? SwapAccounting::present : SwapAccounting::absent;
  for (const Setting& setting : settings_v1(with_default_swap(resources, swap))) {
    const auto mount = mounts_.find(setting.controller);
    const bool is_initial = setting.value == setting.initial;
    const bool is_new = mount != mounts_.end() && made.contains(mount->second);
    if (is_initial && (mount == mounts_.end() || is_new)) continue;
    if (!is_initial) TRY(need(setting.controller, path));
    const std::string at = folder(setting.controller, path);
    // A limit nobody asks for needs neither a file this kernel lacks nor a folder that was never made.
    if (is_initial && !is_there(at + "/" + setting.file)) continue;
    if (is_memory_bound(setting))
      memory.push_back(setting);
    else if (is_inherited(setting) && is_initial)
      TRY(bring_to(at + "/" + setting.file,
                   TRY(read_value(parent_of(at) + "/" + setting.file)).value_or("")));
    else
      TRY(bring_to(at + "/" + setting.file, setting.value));
  }
  TRY(write_memory(path, memory));

  if (is_set(resources.blkio)) TRY(need("blkio", path));
  const std::string blkio = folder("blkio", path);
  if (blkio.empty() || !is_there(blkio)) return {};
  for (const DeviceTable& table : TRY(device_tables_v1(resources.blkio)))
    TRY(bring_devices_to(blkio + "/" + table.file, table));
  return {};
}

Result<void> DriverV1::write_devices(const std::string& path, const DevicePolicy& policy, Made made) const {
  const std::string at = folder("devices", path);
  if (at.empty() || (policy.allow_all && made == Made::now)) return {};
  const std::set<std::string> wanted = device_lines_v1(policy);
  std::set<std::string> held = {kEveryDevice};
  if (made == Made::before) {
    const std::vector<std::string> lines = TRY(lines_of(at + "/devices.list"));
    held = {lines.begin(), lines.end()};
  }
  if (held == wanted) return {};
  if (policy.allow_all) return write_existing(at + "/devices.allow", "a");
  if (held.contains(kEveryDevice)) {
    TRY(write_existing(at + "/devices.deny", "a"));
    held.clear();
  }
  // What is new first: a container that keeps a device never goes without it.
  TRY(write_lines(at + "/devices.allow", wanted, held));
  return write_lines(at + "/devices.deny", held, wanted);
}

Result<void> DriverV1::create(const std::string& path, const Resources& resources,
                              const DevicePolicy& devices) {
  std::set<std::string> made;
  for (const std::string& hierarchy : hierarchies_) {
    if (TRY(make_in(hierarchy, path)) == Made::now) made.insert(hierarchy);
  }
  // Where cpuset shares a mount point with one of those, its folder came with it.
  const auto cpuset = mounts_.find("cpuset");
  if (cpuset != mounts_.end() && made.contains(cpuset->second)) TRY(fill_cpuset(path));
  TRY(write_limits(path, resources, made));
  const auto group = mounts_.find("devices");
  const bool is_new = group != mounts_.end() && made.contains(group->second);
  return write_devices(path, devices, is_new ? Made::now : Made::before);
}

Result<void> DriverV1::update(const std::string& path, const Resources& resources) {
  if (!exists(path)) return os_error("update cgroup \"" + path + "\"", ENOENT);
  return write_limits(path, resources, {});
}

std::vector<Limit> DriverV1::limits(const std::string& path, const Resources& resources) const {
  const auto swap =
      has_file("memory", "memory.memsw.limit_in_bytes") ? SwapAccounting::present : SwapAccounting::absent;
  std::vector<Limit> limits;
  for (const Setting& setting : settings_v1(with_default_swap(resources, swap))) {
    const std::string file = folder(setting.controller, path) + "/" + setting.file;
    const bool from_above = is_inherited(setting) && setting.value == setting.initial;
    if (mounts_.contains(setting.controller) && !from_above && is_there(file))
      limits.push_back({file, setting.value});
  }
  return limits;
}

Result<Entry> DriverV1::entry(const std::string& path) {
  Entry entry;
  std::set<std::string> seen;
  for (const auto& [controller, mount] : mounts_) {
    if (!seen.insert(mount).second) continue;
    auto tasks = open_fd(mount + "/" + path + "/tasks", O_WRONLY);
    if (tasks)
      entry.tasks.push_back(std::move(*tasks));
    else if (tasks.error().code != ENOENT || hierarchies_.contains(mount))
      return tasks.error();
  }
  return entry;
}

bool DriverV1::exists(const std::string& path) const {
  return is_there(leading(path));
}

Result<void> DriverV1::kill(const std::string& path) {
  const std::string frozen = folder("freezer", path);
  if (frozen.empty()) return kill_below(leading(path));
  if (!is_there(frozen)) return {};
  const std::string state = frozen + "/freezer.state";
  TRY(hold_still(state));  // who does not yet is killed all the same
  const auto killed = kill_below(frozen);
  // Thawed in any case: a task in v1's freezer does not even take SIGKILL.
  TRY(write_existing(state, "THAWED"));
  if (!killed) return killed;
  return kill_below(frozen);  // a child that was being forked while its parent froze
}

Result<void> DriverV1::freeze(const std::string& path) {
  const std::string frozen = folder("freezer", path);
  if (frozen.empty())
    return fault("freeze cgroup \"" + path + "\": the \"freezer\" controller is not mounted");
  return hold_still(frozen + "/freezer.state");
}

Result<void> DriverV1::thaw(const std::string& path) {
  const std::string frozen = folder("freezer", path);
  if (frozen.empty() || !is_there(frozen)) return {};
  return bring_to(frozen + "/freezer.state", "THAWED");
}

Result<std::vector<int>> DriverV1::processes(const std::string& path) const {
  return processes_below(leading(path));
}

Result<Readings> DriverV1::read(const std::string& path) const {
  if (!exists(path)) return os_error("read cgroup \"" + path + "\"", ENOENT);
  Readings readings;
  if (mounts_.contains("memory")) {
    readings.memory_bytes = TRY(read_number(folder("memory", path) + "/memory.usage_in_bytes"));
    readings.oom_kills = TRY(read_counter(folder("memory", path) + "/memory.oom_control", "oom_kill"));
  }
  if (mounts_.contains("cpuacct"))
    readings.cpu_usec = TRY(read_number(folder("cpuacct", path) + "/cpuacct.usage")) / 1000;
  if (mounts_.contains("pids")) readings.pids = TRY(read_number(folder("pids", path) + "/pids.current"));
  return readings;
}

Result<Usage> DriverV1::usage(const std::string& path) const {
  const Readings readings = TRY(read(path));
  Usage usage;
  usage.cpu_usec = readings.cpu_usec;
  usage.pids = readings.pids;
  if (mounts_.contains("memory")) {
    const std::string memory = folder("memory", path);
    const std::uint64_t idle = TRY(read_counter(memory + "/memory.stat", "total_inactive_file"));
    usage.memory_bytes = readings.memory_bytes - std::min(idle, readings.memory_bytes);
    const std::uint64_t limit = TRY(read_number(memory + "/memory.limit_in_bytes"));
    if (limit < kNoMemoryLimit) usage.memory_limit = limit;
  }
  const std::string served = folder("blkio", path) + "/blkio.throttle.io_service_bytes";
  if (!mounts_.contains("blkio") || !is_there(served)) return usage;
  usage.io = Usage::Io{TRY(sum_of_devices(served, "Read")), TRY(sum_of_devices(served, "Write"))};
  return usage;
}

Result<void> DriverV1::remove(const std::string& path) {
  std::set<std::string> mounts;
  for (const auto& [controller, mount] : mounts_) mounts.insert(mount);
  // The leading one last: as long as it stands, exists() says that something is left to remove.
  mounts.erase(leading_);
  for (const std::string& mount : mounts) TRY(remove_below(mount + "/" + path));
  TRY(remove_below(leading(path)));
  const std::string parent = parent_of(path);
  if (parent.empty() || parent.find('/') != std::string::npos) return {};
  // The folder all stacks share goes with the last of them; EBUSY where another stack is up.
  mounts.insert(leading_);
  for (const std::string& mount : mounts) ::rmdir((mount + "/" + parent).c_str());
  return {};
}

}  // namespace stack::cgroup
