// `stack inspect`: all that is known of containers, in Docker's words where it has them.
#include <unistd.h>

#include <array>
#include <climits>
#include <memory>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/format.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "core/control/paths.h"
#include "core/copy/tree.h"
#include "core/reconcile/intent.h"
#include "core/reconcile/storage.h"
#include "core/volumes/record.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  std::vector<std::string> services;
  std::string format = "json";
};

json moment_of(const json& container, const char* key) {
  const double seconds = container.value(key, 0.0);
  return seconds > 0 ? json(timestamp(static_cast<std::int64_t>(seconds * 1e9))) : json(nullptr);
}

json state_of(const json& container) {
  json state{{"Status", container.value("state", "")},
             {"Running", is_up(container)},
             {"Paused", container.value("state", "") == "paused"},
             {"Pid", container.value("pid", 0)},
             {"StartedAt", moment_of(container, "started_at")},
             {"FinishedAt", moment_of(container, "finished_at")},
             {"RestartCount", container.value("restarts", 0)},
             {"ExitReason", container.value("exit_reason", "")}};
  if (container.contains("exit_code")) state["ExitCode"] = container["exit_code"];
  if (container.contains("last_exit_code")) state["LastExitCode"] = container["last_exit_code"];
  if (container.contains("waiting_for")) state["WaitingFor"] = container["waiting_for"];
  if (const std::string health = container.value("health", ""); !health.empty()) state["Health"] = health;
  return state;
}

// "net": "net:[4026532281]", as the kernel names them; none of a process that has ended meanwhile.
json namespaces_of(int pid) {
  json all = json::object();
  for (const char* kind : {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"}) {
    std::array<char, PATH_MAX> name{};
    const std::string link = "/proc/" + std::to_string(pid) + "/ns/" + kind;
    if (::readlink(link.c_str(), name.data(), name.size() - 1) > 0) all[kind] = name.data();
  }
  return all;
}

const char* type_of(Mount::Type type) {
  switch (type) {
    case Mount::Type::bind:
      return "bind";
    case Mount::Type::tmpfs:
      return "tmpfs";
    case Mount::Type::volume:
      return "volume";
    case Mount::Type::image:
      return "image";
  }
  return "";
}

json mounts_of(const std::string& project, const ServiceSpec& service) {
  json all = json::array();
  for (const Mount& mount : service.mounts) {
    json one{{"Type", type_of(mount.type)}, {"Destination", mount.target}, {"RW", !mount.read_only}};
    if (mount.type == Mount::Type::bind) one["Source"] = mount.source;
    if (mount.type == Mount::Type::image) one["Source"] = mount.image.name;
    if (mount.type == Mount::Type::volume) {
      one["Name"] = volume_of(project, service, mount);
      one["Source"] = volumes::data_path(volumes::kVolumesRoot, volume_of(project, service, mount));
    }
    all.push_back(std::move(one));
  }
  return all;
}

template <typename T>
json known(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json limits_of(const Resources& resources) {
  return {{"Memory", known(resources.memory)},
          {"MemoryReservation", known(resources.memory_reservation)},
          {"MemorySwap", known(resources.memory_swap)},
          {"NanoCpus", known(resources.nano_cpus)},
          {"CpuShares", known(resources.cpu_shares)},
          {"CpuPeriod", known(resources.cpu_period)},
          {"CpuQuota", known(resources.cpu_quota)},
          {"CpusetCpus", resources.cpuset},
          {"PidsLimit", known(resources.pids)}};
}

// What the file says of it; none where it has left the file.
void put_spec(json& out, const std::string& project, const ServiceSpec& service) {
  out["ImageId"] = service.image.id;
  out["Mounts"] = mounts_of(project, service);
  out["Limits"] = limits_of(service.resources);
  out["Config"] = {{"User", service.user},
                   {"WorkingDir", service.working_dir},
                   {"Env", service.environment},
                   {"Tty", service.tty.value_or(false)},
                   {"OpenStdin", service.stdin_open.value_or(false)},
                   {"StopSignal", service.stop_signal},
                   {"ReadOnly", service.read_only},
                   {"Privileged", service.privileged}};
}

// Of a container that runs.
void put_process(json& out, const json& container, const std::string& cgroup) {
  const int pid = container.value("pid", 0);
  out["Namespaces"] = namespaces_of(pid);
  if (const auto tree = copy::Tree::of_container(pid, cgroup))
    out["UidRange"] = {{"First", tree->ids().base}, {"Count", tree->ids().count}};
}

json inspect_one(const json& container, const std::string& project, const std::optional<Intent>& intent) {
  const Paths paths(project);
  const std::string service = container.value("key", "");
  const std::string cgroup = paths.container_cgroup(service);
  json out{{"Id", container.value("id", "")},
           {"Name", container.value("name", "")},
           {"Project", project},
           {"Service", container.value("service", "")},
           {"Image", container.value("image", "")},
           {"Command", container.value("command", json::array())},
           {"Created", moment_of(container, "created_at")},
           {"State", state_of(container)},
           {"NetworkSettings",
            {{"Networks", container.value("networks", json::object())},
             {"Ports", container.value("ports", json::array())}}},
           {"Labels", container.value("labels", json::object())},
           {"Weakened", container.value("weakened", json::array())},
           {"CgroupPath", cgroup},
           {"WritableLayer", paths.container_lib(service) + "/upper"},
           {"LogPath", container.value("log_dir", "")}};
  if (intent && intent->spec.services.contains(service))
    put_spec(out, project, intent->spec.services.at(service));
  if (is_up(container)) put_process(out, container, cgroup);
  return out;
}

Result<int> inspect(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  const std::vector<json> containers = TRY(containers_of(project, options.services));
  std::string warning;
  const std::optional<Intent> intent = TRY(load_intent(Paths(project), warning));
  if (!warning.empty()) print_error("stack: " + warning + "\n");
  json list = json::array();
  for (const json& container : containers) list.push_back(inspect_one(container, project, intent));
  // In ASCII: nothing that a container's maker wrote can drive the terminal.
  print(list.dump(4, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace) + "\n");
  return 0;
}

}  // namespace

Run define_inspect(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("--format", options->format, "json; templates are for jq")
      ->check(CLI::IsMember({"json"}));
  command.add_option("SERVICE", options->services, "The services")->required();
  return [options, &globals] { return inspect(*options, globals); };
}

}  // namespace stack::cmd
