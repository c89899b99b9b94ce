#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "core/engine/prepare.h"
#include "core/sys/descriptor_limit.h"
#include "core/sys/files.h"

namespace stack::engine {
namespace {

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

constexpr std::array<std::pair<std::string_view, int>, 15> kResources{{{"as", RLIMIT_AS},
                                                                       {"core", RLIMIT_CORE},
                                                                       {"cpu", RLIMIT_CPU},
                                                                       {"data", RLIMIT_DATA},
                                                                       {"fsize", RLIMIT_FSIZE},
                                                                       {"locks", RLIMIT_LOCKS},
                                                                       {"memlock", RLIMIT_MEMLOCK},
                                                                       {"msgqueue", RLIMIT_MSGQUEUE},
                                                                       {"nice", RLIMIT_NICE},
                                                                       {"nofile", RLIMIT_NOFILE},
                                                                       {"nproc", RLIMIT_NPROC},
                                                                       {"rss", RLIMIT_RSS},
                                                                       {"rtprio", RLIMIT_RTPRIO},
                                                                       {"rttime", RLIMIT_RTTIME},
                                                                       {"stack", RLIMIT_STACK}}};

Result<std::vector<Rlimit>> rlimits_of(const ServiceSpec& service) {
  std::vector<Rlimit> limits;
  if (!service.ulimits.contains("nofile"))
    limits.push_back({static_cast<int>(RLIMIT_NOFILE), found_descriptor_limit(), "nofile"});
  for (const auto& [name, limit] : service.ulimits) {
    const std::string& wanted = name;  // clang 14 captures no structured binding
    const auto* const known = std::find_if(kResources.begin(), kResources.end(),
                                           [&wanted](const auto& entry) { return entry.first == wanted; });
    const bool sigpending = name == "sigpending";
    if (known == kResources.end() && !sigpending) return fault("no ulimit is called \"" + name + "\"");
    const auto raw = [](std::int64_t value) {
      return value < 0 ? RLIM_INFINITY : static_cast<rlim_t>(value);
    };
    const int resource = sigpending ? static_cast<int>(RLIMIT_SIGPENDING) : known->second;
    limits.push_back({resource, {raw(limit.soft), raw(limit.hard)}, name});
  }
  return limits;
}

std::map<std::string, std::string> environment_of(const ProcessInput& input, const std::string& home) {
  std::map<std::string, std::string> all = input.service->environment;
  for (const std::string& entry : input.environment) {
    const std::size_t equals = entry.find('=');
    all[entry.substr(0, equals)] = equals == std::string::npos ? "" : entry.substr(equals + 1);
  }
  all.try_emplace("PATH", kDefaultPath);
  all.try_emplace("HOME", home);
  if (!input.hostname.empty()) all.try_emplace("HOSTNAME", input.hostname);
  if (input.tty) all.try_emplace("TERM", "xterm");
  return all;
}

std::vector<std::string> programs_of(const std::string& command, const std::string& path) {
  if (command.find('/') != std::string::npos) return {command};
  std::vector<std::string> programs;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    // An empty entry would be the working directory, where anybody may have left a program: not searched.
    if (end > start) programs.push_back(path.substr(start, end - start) + "/" + command);
    start = end + 1;
  }
  return programs;
}

// So that a program may open /dev/stdout anew: it is a pipe of root's otherwise.
Result<void> give(int fd, uid_t uid, gid_t gid) {
  struct stat st {};
  if (fd < 0 || ::fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode)) return {};
  if (::fchown(fd, uid, gid) != 0) return os_error("give standard output to the container's user");
  return {};
}

// What the file asks for by name is not dropped in silence, other than what the image's files say.
Result<void> add_groups(const ProcessInput& input, Identity& who) {
  for (const gid_t gid : TRY(look_up_groups(input.service->group_add, input.name_roots).with("group_add"))) {
    if (gid >= input.count)
      return fault("group_add: group " + std::to_string(gid) + " lies outside of the container's " +
                   std::to_string(input.count) + " ids");
    if (std::find(who.groups.begin(), who.groups.end(), gid) == who.groups.end()) who.groups.push_back(gid);
  }
  return {};
}

bool is_namespaced(const std::string& path, bool own_net, bool own_ipc, std::string& because) {
  static constexpr std::array<std::string_view, 8> kIpc{
      "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem",
      "kernel/shmall", "kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced"};
  const bool ipc = path.starts_with("fs/mqueue/") ||
                   std::find(kIpc.begin(), kIpc.end(), std::string_view(path)) != kIpc.end();
  const bool net = path.starts_with("net/");
  if (net && !own_net)
    because = "the network namespace is the host's";
  else if (ipc && !own_ipc)
    because = "the ipc namespace is the host's";
  else if (!net && !ipc)
    because = "it is not namespaced: it would change the host";
  return because.empty();
}

}  // namespace

void ProcessPlan::point() {
  static char init_name[] = "init";
  const auto pointers = [](std::vector<std::string>& from, std::vector<char*>& to) {
    for (std::string& text : from) to.push_back(text.data());
    to.push_back(nullptr);
  };
  argv_c.clear();
  if (init) argv_c = {init_name, nullptr};  // the second is the program's path, which the child finds
  pointers(argv, argv_c);
  environment_c.clear();
  pointers(environment, environment_c);
}

Result<ProcessPlan> prepare_process(const ProcessInput& input) {
  const ServiceSpec& service = *input.service;
  if (input.argv.empty()) return fault("no command to run: the image brings none and the file gives none");
  ProcessPlan plan;
  plan.identity = TRY(look_up(input.user, input.name_roots));
  if (plan.identity.uid >= input.count || plan.identity.gid >= input.count)
    return fault("user \"" + input.user + "\" lies outside of the container's " +
                 std::to_string(input.count) + " ids");
  // One that is not mapped cannot be taken along.
  std::erase_if(plan.identity.groups, [&](gid_t gid) { return gid >= input.count; });
  TRY(add_groups(input, plan.identity));
  const auto environment = environment_of(input, plan.identity.home);
  plan.argv = input.argv;
  plan.programs = programs_of(plan.argv[0], environment.at("PATH"));
  for (const auto& [name, value] : environment) plan.environment.push_back(name + "=" + value);
  plan.working_dir = input.working_dir.empty() ? "/" : input.working_dir;
  plan.rlimits = TRY(rlimits_of(service));
  plan.oom_score_adj = std::to_string(service.oom_score_adj.value_or(0));
  plan.bounding = input.capabilities->bounding;
  plan.permitted = plan.identity.uid == 0 ? input.capabilities->permitted : 0;
  plan.no_new_privileges = service.security.no_new_privileges;
  plan.seccomp = input.seccomp;
  plan.label = input.labels->process;
  for (const UniqueFd& tasks : input.cgroup->tasks) {
    plan.cgroup_tasks.emplace_back(::fcntl(tasks.get(), F_DUPFD_CLOEXEC, 3));
    if (!plan.cgroup_tasks.back()) return os_error("duplicate a cgroup's descriptor");
  }
  plan.null = TRY(open_fd("/dev/null", O_RDWR));
  const int given[3] = {input.stdio.in, input.stdio.out, input.stdio.err};
  for (int i = 0; i < 3; ++i) {
    plan.stdio[i] = given[i] < 0 ? plan.null.get() : given[i];
    if (input.stdio.shared) continue;
    TRY(give(given[i], input.base + plan.identity.uid, input.base + plan.identity.gid));
  }
  return plan;
}

Result<std::vector<Sysctl>> prepare_sysctls(const ServiceSpec& service, bool own_net, bool own_ipc) {
  std::vector<Sysctl> sysctls;
  for (const auto& [name, value] : service.sysctls) {
    std::string path = name;
    // As sysctl(8): "net.ipv4.conf.eth0/100.forwarding" names the link "eth0.100".
    for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
    std::string because;
    if (!is_namespaced(path, own_net, own_ipc, because)) return fault("sysctl \"" + name + "\": " + because);
    sysctls.push_back({name, path, value});
  }
  return sysctls;
}

Result<void> check_sysctls(const ServiceSpec& service) {
  using Kind = NamespaceMode::Kind;
  TRY(prepare_sysctls(service, service.network_mode.kind != Kind::host, service.ipc.kind != Kind::host));
  return {};
}

}  // namespace stack::engine
