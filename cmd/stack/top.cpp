// `stack top`: the processes in the cgroups of containers, as the host sees them.
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/format.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/output.h"
#include "cmd/stack/process_text.h"
#include "cmd/stack/project.h"
#include "core/control/paths.h"
#include "core/engine/cgroup.h"
#include "core/sys/unique_fd.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

// A container without a limit may have as many as the host can: nobody reads so many.
constexpr std::size_t kMostProcesses = 4096;

Clock clock_now() {
  timespec boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  return {std::time(nullptr), static_cast<double>(boot.tv_sec) + static_cast<double>(boot.tv_nsec) / 1e9,
          ::sysconf(_SC_CLK_TCK)};
}

// As the host calls it; a user of a container alone has a number and no name.
std::string user_text(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  char names[4096];
  const bool known = ::getpwuid_r(uid, &entry, names, sizeof names, &found) == 0 && found != nullptr;
  return known ? found->pw_name : std::to_string(uid);
}

// The beginning: a command line may be megabytes long.
std::string beginning_of(int process, const char* name) {
  const UniqueFd file(::openat(process, name, O_RDONLY | O_CLOEXEC));
  char bytes[4096];
  const ssize_t n = file ? ::read(file.get(), bytes, sizeof bytes) : 0;
  return {bytes, n > 0 ? static_cast<std::size_t>(n) : 0};
}

// UID and what follows; nothing where it has ended meanwhile. All is read through one folder, which is of
// this process and of no later one with its number.
std::vector<std::string> columns_of(int pid, const Clock& clock) {
  const UniqueFd process(::open(("/proc/" + std::to_string(pid)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!process) return {};
  const auto user = parse_process_user(beginning_of(process.get(), "status"));
  const auto stat = parse_process_stat(beginning_of(process.get(), "stat"));
  if (!stat || !user) return {};
  std::vector<std::string> columns = process_columns(*stat, beginning_of(process.get(), "cmdline"), clock);
  columns.insert(columns.begin(), user_text(*user));
  return columns;
}

Result<std::vector<int>> processes_of(const cgroup::Driver& cgroups, const Paths& paths,
                                      const json& container) {
  std::vector<int> pids = TRY(cgroups.processes(paths.container_cgroup(container.value("key", ""))));
  std::sort(pids.begin(), pids.end());
  if (pids.size() <= kMostProcesses) return pids;
  print_error("stack: container \"" + container.value("name", "") + "\" has " + std::to_string(pids.size()) +
              " processes: the first " + std::to_string(kMostProcesses) + " are shown\n");
  pids.resize(kMostProcesses);
  return pids;
}

Result<int> top(const std::vector<std::string>& services, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  const auto containers = TRY(containers_of(project, services));
  const auto cgroups = TRY(cgroup::detect());
  const Paths paths(project);
  const Clock clock = clock_now();
  std::vector<std::vector<std::string>> table{
      {"SERVICE", "#", "UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}};
  for (const json& container : containers) {
    if (!is_up(container)) continue;
    const std::string service = container.value("service", "");
    const std::string number = std::to_string(container.value("number", 1));
    for (const int pid : TRY(processes_of(*cgroups, paths, container))) {
      std::vector<std::string> row = columns_of(pid, clock);
      if (row.empty()) continue;
      row.insert(row.begin(), {service, number});
      table.push_back(std::move(row));
    }
  }
  if (table.size() > 1) print(columns(table));
  return 0;
}

}  // namespace

Run define_top(CLI::App& command, const Globals& globals) {
  auto services = std::make_shared<std::vector<std::string>>();
  add_services(command, *services);
  return [services, &globals] { return top(*services, globals); };
}

}  // namespace stack::cmd
