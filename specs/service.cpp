#include "specs/service.h"

#include <algorithm>

#include "specs/image_reference.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack {
namespace {

namespace k = service_keys;

// In the order of the Compose Specification's schema; without a reader: valid there, not done yet here.
constexpr ServiceKey kKeys[] = {
    {"annotations", k::annotations},
    {"attach", k::attach},
    {"blkio_config", k::blkio_config},
    {"build", k::build},
    {"cap_add", k::cap_add},
    {"cap_drop", k::cap_drop},
    {"cgroup", k::cgroup},
    {"cgroup_parent", k::cgroup_parent},
    {"command", k::command},
    {"configs", k::configs},
    {"container_name", k::container_name},
    {"cpu_count", k::cpu_count},
    {"cpu_percent", k::cpu_percent},
    {"cpu_period", k::cpu_period},
    {"cpu_quota", k::cpu_quota},
    {"cpu_rt_period", k::cpu_rt_period},
    {"cpu_rt_runtime", k::cpu_rt_runtime},
    {"cpu_shares", k::cpu_shares},
    {"cpus", k::cpus},
    {"cpuset", k::cpuset},
    {"credential_spec", k::credential_spec},
    {"depends_on", k::depends_on},
    {"deploy", k::deploy},
    {"develop", k::develop},
    {"device_cgroup_rules", k::device_cgroup_rules},
    {"devices", k::devices},
    {"dns", k::dns},
    {"dns_opt", k::dns_opt},
    {"dns_search", k::dns_search},
    {"domainname", k::domainname},
    {"entrypoint", k::entrypoint},
    {"env_file", k::env_file},
    {"environment", k::environment},
    {"expose", k::expose},
    {"extends",
     [](ServiceReading&, const Node&) {}},  // left where it could not be brought in (composition.h)
    {"external_links", k::external_links},
    {"extra_hosts", k::extra_hosts},
    {"gpus", k::gpus},
    {"group_add", k::group_add},
    {"healthcheck", k::healthcheck},
    {"hostname", k::hostname},
    {"image", k::image},
    {"init", k::init},
    {"ipc", k::ipc},
    {"isolation", k::isolation},
    {"label_file", k::label_file},
    {"labels", k::labels},
    {"links", k::links},
    {"logging", k::logging},
    {"mac_address", k::mac_address},
    {"mem_limit", k::mem_limit},
    {"mem_reservation", k::mem_reservation},
    {"mem_swappiness", k::mem_swappiness},
    {"memswap_limit", k::memswap_limit},
    {"models", k::models},
    {"network_mode", k::network_mode},
    {"networks", k::networks},
    {"oom_kill_disable", k::oom_kill_disable},
    {"oom_score_adj", k::oom_score_adj},
    {"pid", k::pid},
    {"pids_limit", k::pids_limit},
    {"platform", k::platform},
    {"ports", k::ports},
    {"post_start", k::post_start},
    {"pre_start", nullptr},
    {"pre_stop", k::pre_stop},
    {"privileged", k::privileged},
    {"profiles", k::profiles},
    {"provider", k::provider},
    {"pull_policy", k::pull_policy},
    {"pull_refresh_after", k::pull_refresh_after},
    {"read_only", k::read_only},
    {"restart", k::restart},
    {"runtime", k::runtime},
    {"scale", k::scale},
    {"secrets", k::secrets},
    {"security_opt", k::security_opt},
    {"shm_size", k::shm_size},
    {"stdin_open", k::stdin_open},
    {"stop_grace_period", k::stop_grace_period},
    {"stop_signal", k::stop_signal},
    {"storage_opt", k::storage_opt},
    {"sysctls", k::sysctls},
    {"tmpfs", k::tmpfs},
    {"tty", k::tty},
    {"ulimits", k::ulimits},
    {"use_api_socket", k::use_api_socket},
    {"user", k::user},
    {"userns_mode", k::userns_mode},
    {"uts", k::uts},
    {"volumes", k::volumes},
    {"volumes_from", k::volumes_from},
    {"working_dir", k::working_dir},
    {"x-stack", k::x_stack},
};

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 128 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos;
}

// Whom it shares a namespace or volumes with, or is linked to, must be there first.
void depend_on_owners(ServiceDraft& draft) {
  ServiceSpec& spec = draft.spec;
  Dependency implied;
  implied.implicit = true;
  const std::pair<const char*, const NamespaceMode*> modes[] = {
      {"network_mode", &spec.network_mode}, {"ipc", &spec.ipc}, {"pid", &spec.pid}};
  for (const auto& [key, mode] : modes) {
    if (mode->kind != NamespaceMode::Kind::service || mode->name == spec.name) continue;
    if (spec.depends_on.try_emplace(mode->name, implied).second) {
      draft.marks["depends_on." + mode->name] = draft.marks[key];
    }
  }
  for (const ServiceLink& link : spec.links) {
    if (spec.depends_on.try_emplace(link.service, implied).second)
      draft.marks["depends_on." + link.service] = draft.marks["links." + link.service];
  }
  for (const VolumesFrom& from : spec.volumes_from) {
    if (from.service != spec.name && spec.depends_on.try_emplace(from.service, implied).second) {
      draft.marks["depends_on." + from.service] = draft.marks["volumes_from." + from.service];
    }
  }
}

// Other keys are read in the light of these, wherever they stand.
bool comes_first(const Entry& entry) {
  return entry.key == "env_file" || entry.key == "label_file" || entry.key == "image" || entry.key == "build";
}

// What a service without an image is built as: "PROJECT-SERVICE".
void name_built_image(ServiceSpec& spec, const Entry& entry, const Surroundings& around,
                      Diagnostics& diagnostics) {
  auto image = parse_image(lower_case(around.project + "-" + entry.key), around.project_directory);
  if (image) {
    spec.image = std::move(image).value();
  } else {
    diagnostics.error(entry.mark(), FaultCode::missing_key,
                      "service \"" + entry.key + "\" needs an \"image\": " + image.error().words);
  }
}

void agree_on_replicas(const ServiceDraft& draft, const Reading& reading, Diagnostics& diagnostics) {
  const auto& [scale, replicas] = std::pair(draft.spec.scale, draft.spec.replicas);
  if (!scale || !replicas || *scale == *replicas) return;
  diagnostics.error(draft.marks.at("scale"), FaultCode::conflicting_keys,
                    reading.of("scale") + " is " + std::to_string(*scale) + ", and its deploy.replicas " +
                        std::to_string(*replicas),
                    "one of them is enough");
}

}  // namespace

ServiceDraft read_service(Entry& entry, const Surroundings& around, Diagnostics& diagnostics) {
  ServiceDraft draft;
  ServiceSpec& spec = draft.spec;
  spec.name = entry.key;
  spec.container_name = around.project + "-" + entry.key + "-1";
  draft.marks[""] = entry.mark();
  Reading reading(diagnostics, "service \"" + entry.key + "\"");
  if (!is_name(entry.key)) {
    diagnostics.error(
        entry.mark(), FaultCode::invalid_name,
        "\"" + entry.key + "\" is not a service name: letters, digits, \".\", \"_\" and \"-\" are");
  }
  if (!reading.is_map(entry.value, "")) return draft;
  for (const Entry& key : entry.value.entries) {
    spec.positions[key.key] = key.pos;
    draft.marks[key.key] = key.mark();
  }
  if (entry.value.find("image") == nullptr) {
    if (entry.value.find("build") != nullptr) {
      name_built_image(spec, entry, around, diagnostics);
    } else if (entry.value.find("extends") == nullptr) {
      diagnostics.error(entry.mark(), FaultCode::missing_key,
                        "service \"" + entry.key + "\" has no \"image\"",
                        "\"host:\" shows the host's own programs");
    }
  }
  auto& entries = entry.value.entries;
  std::stable_partition(entries.begin(), entries.end(), comes_first);
  ServiceReading into{spec, draft.marks, reading, around};
  reading.keys<ServiceReading>(entry.value, "", kKeys, into);
  const bool has_own_network = spec.network_mode.kind == NamespaceMode::Kind::own;
  if (has_own_network && entry.value.find("networks") == nullptr) spec.networks["default"] = {};
  agree_on_replicas(draft, reading, diagnostics);
  depend_on_owners(draft);
  return draft;
}

}  // namespace stack
