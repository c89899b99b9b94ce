// `stack stats`: what the containers take, from their cgroups and the counters of their links.
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <chrono>
#include <map>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/format.h"
#include "cmd/stack/interrupts.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/stats_text.h"
#include "core/control/paths.h"
#include "core/sys/files.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

constexpr int kPauseMs = 1000;

struct Options {
  bool all = false;
  bool no_stream = false;
  bool no_trunc = false;
  std::string format = "table";
  std::vector<std::string> services;
};

using Samples = std::map<std::string, Sample>;  // by service

std::uint64_t memory_of_host() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 ? std::uint64_t{info.totalram} * info.mem_unit : 0;
}

// Nothing of who lives in the host's network, whose counters are not its own.
std::optional<cgroup::Usage::Io> network_of(int pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  struct stat its {};
  struct stat ours {};
  if (::stat((process + "/ns/net").c_str(), &its) != 0 || ::stat("/proc/self/ns/net", &ours) != 0)
    return std::nullopt;
  if (its.st_ino == ours.st_ino && its.st_dev == ours.st_dev) return std::nullopt;
  const auto text = read_file(process + "/net/dev");
  if (!text) return std::nullopt;  // it has ended meanwhile
  return network_bytes(*text);
}

class Sampling {
 public:
  Sampling(const Options& options, std::string project, std::unique_ptr<cgroup::Driver> cgroups)
      : options_(options), project_(std::move(project)), paths_(project_), cgroups_(std::move(cgroups)) {}

  Result<Samples> take() const {
    Samples samples;
    for (const json& container : TRY(containers_of(project_, options_.services))) {
      const bool shown = is_up(container) || (options_.all && container.value("state", "") != "absent");
      if (shown) samples[container.value("key", "")] = sample_of(container);
    }
    return samples;
  }

 private:
  [[nodiscard]] Sample sample_of(const json& container) const {
    Sample sample;
    sample.id = container.value("id", "");
    sample.name = container.value("name", "");
    sample.host_memory = memory_of_host();
    if (!is_up(container)) return sample;
    auto usage = cgroups_->usage(paths_.container_cgroup(container.value("key", "")));
    sample.time_ns = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
    if (!usage) return sample;  // it has ended meanwhile
    sample.usage = *std::move(usage);
    sample.network = network_of(container.value("pid", 0));
    return sample;
  }

  const Options& options_;
  std::string project_;
  Paths paths_;
  std::unique_ptr<cgroup::Driver> cgroups_;
};

std::string text_of(const Samples& before, const Samples& now, const Options& options) {
  const Ids ids = options.no_trunc ? Ids::whole : Ids::shortened;
  std::string lines;
  std::vector<std::vector<std::string>> table{
      {"CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS"}};
  for (const auto& [service, sample] : now) {
    const auto earlier = before.find(service);
    const StatsRow row = stats_row(earlier == before.end() ? sample : earlier->second, sample);
    table.push_back(stats_columns(row, ids));
    lines += stats_json(row, ids).dump() + "\n";
  }
  return options.format == "json" ? lines : columns(table);
}

Result<int> stats(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  const Sampling sampling(options, project, TRY(cgroup::detect()));
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM}));
  Samples before = TRY(sampling.take());
  const bool redraw = ::isatty(STDOUT_FILENO) == 1 && options.format == "table" && !options.no_stream;
  for (;;) {
    pollfd interrupt{interrupts.fd(), POLLIN, 0};
    ::poll(&interrupt, 1, kPauseMs);  // a share of processor time is one of some time
    if (interrupts.take()) return 130;
    Samples now = TRY(sampling.take());
    print((redraw ? "\033[H\033[2J" : "") + text_of(before, now, options));
    if (options.no_stream) return 0;
    before = std::move(now);
  }
}

}  // namespace

Run define_stats(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("-a,--all", options->all, "Those that do not run too");
  command.add_flag("--no-stream", options->no_stream, "Once, instead of every second until Ctrl-C");
  command.add_flag("--no-trunc", options->no_trunc, "Ids in full");
  command.add_option("--format", options->format, "table or json")->check(CLI::IsMember({"table", "json"}));
  add_services(command, options->services);
  return [options, &globals] { return stats(*options, globals); };
}

}  // namespace stack::cmd
