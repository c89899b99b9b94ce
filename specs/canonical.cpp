// The model in the words of the Compose Specification.
#include "specs/canonical.h"

#include "specs/canonical_tree.h"
#include "specs/text.h"
#include "specs/yaml_text.h"

namespace stack {
namespace {

using canonical::duration;
using canonical::escaped;
using canonical::hosts_of;
using canonical::list_of;
using canonical::map_of;
using canonical::put;
using canonical::Tree;

const char* condition_name(DependsCondition condition) {
  switch (condition) {
    case DependsCondition::service_started:
      return "service_started";
    case DependsCondition::service_healthy:
      return "service_healthy";
    case DependsCondition::service_completed_successfully:
      return "service_completed_successfully";
  }
  return "";
}

Tree depends_on(const ServiceSpec& service) {
  Tree all = Tree::object();
  for (const auto& [name, dependency] : service.depends_on) {
    if (dependency.implicit) continue;  // said by the key that it follows from
    Tree& one = all[name] = Tree{{"condition", condition_name(dependency.condition)}};
    if (dependency.restart) one["restart"] = true;
    one["required"] = dependency.required;
  }
  return all;
}

Tree healthcheck(const Healthcheck& check) {
  if (check.disable) return {{"disable", true}};
  Tree tree = Tree::object();
  if (!check.test.empty()) {
    tree["test"] = Tree::array({"CMD"});
    for (const std::string& word : check.test) tree["test"].push_back(escaped(word));
  }
  if (check.interval) tree["interval"] = duration(*check.interval);
  if (check.timeout) tree["timeout"] = duration(*check.timeout);
  if (check.retries) tree["retries"] = *check.retries;
  if (check.start_period) tree["start_period"] = duration(*check.start_period);
  if (check.start_interval) tree["start_interval"] = duration(*check.start_interval);
  return tree;
}

std::string restart(const RestartPolicy& policy) {
  switch (policy.kind) {
    case RestartPolicy::Kind::no:
      return "no";
    case RestartPolicy::Kind::on_failure:
      return policy.max_retries == 0 ? "on-failure" : "on-failure:" + std::to_string(policy.max_retries);
    case RestartPolicy::Kind::always:
      return "always";
    case RestartPolicy::Kind::unless_stopped:
      return "unless-stopped";
  }
  return "";
}

Tree restart_policy(const RestartPolicy& policy) {
  const bool always = policy.kind == RestartPolicy::Kind::always;
  RestartPolicy plain;
  plain.kind = policy.kind;
  Tree tree = {{"condition", always                                   ? "any"
                             : policy.kind == RestartPolicy::Kind::no ? "none"
                                                                      : restart(plain)}};
  if (policy.delay) tree["delay"] = duration(*policy.delay);
  if (policy.max_retries != 0) tree["max_attempts"] = policy.max_retries;
  if (policy.window) tree["window"] = duration(*policy.window);
  return tree;
}

Tree update_config(const UpdateConfig& config) {
  using OnFailure = UpdateConfig::OnFailure;
  Tree tree = {{"parallelism", config.parallelism}};
  if (config.delay.count() != 0) tree["delay"] = duration(config.delay);
  tree["failure_action"] = config.on_failure == OnFailure::pause   ? "pause"
                           : config.on_failure == OnFailure::go_on ? "continue"
                                                                   : "rollback";
  tree["monitor"] = duration(config.monitor);
  if (config.max_failure_ratio != 0)
    tree["max_failure_ratio"] = static_cast<double>(config.max_failure_ratio) / 1e9;
  tree["order"] = "stop-first";
  return tree;
}

Tree hook_tree(const Hook& hook) {
  Tree one = {{"command", list_of(hook.command)}};
  put(one, "user", escaped(hook.user));
  if (hook.privileged) one["privileged"] = true;
  put(one, "working_dir", escaped(hook.working_dir));
  put(one, "environment", map_of(hook.environment));
  return one;
}

Tree hooks(const std::vector<Hook>& all) {
  Tree tree = Tree::array();
  for (const Hook& hook : all) tree.push_back(hook_tree(hook));
  return tree;
}

const char* action_name(WatchRule::Action action) {
  switch (action) {
    case WatchRule::Action::rebuild:
      return "rebuild";
    case WatchRule::Action::restart:
      return "restart";
    case WatchRule::Action::sync:
      return "sync";
    case WatchRule::Action::sync_restart:
      return "sync+restart";
    case WatchRule::Action::sync_exec:
      return "sync+exec";
  }
  return "";
}

Tree develop(const std::vector<WatchRule>& rules) {
  if (rules.empty()) return Tree::object();
  Tree watch = Tree::array();
  for (const WatchRule& rule : rules) {
    Tree one = {{"path", escaped(rule.path)}, {"action", action_name(rule.action)}};
    put(one, "target", escaped(rule.target));
    put(one, "ignore", list_of(rule.ignore));
    put(one, "include", list_of(rule.include));
    if (rule.initial_sync) one["initial_sync"] = true;
    if (rule.exec) one["exec"] = hook_tree(*rule.exec);
    watch.push_back(std::move(one));
  }
  return {{"watch", std::move(watch)}};
}

Tree logging(const Logging& logging) {
  Tree tree = Tree::object();
  put(tree, "driver", logging.driver);
  Tree options = Tree::object();
  if (logging.max_files != 0) options["max-file"] = std::to_string(logging.max_files);
  if (logging.max_size != 0) options["max-size"] = std::to_string(logging.max_size);
  put(tree, "options", std::move(options));
  return tree;
}

Tree devices(const std::vector<DeviceMapping>& all) {
  Tree tree = Tree::array();
  for (const DeviceMapping& device : all) {
    tree.push_back({{"source", escaped(device.source)},
                    {"target", escaped(device.target)},
                    {"permissions", device.permissions}});
  }
  return tree;
}

// A pod is said once, in x-stack.
std::string mode(const NamespaceMode& namespace_mode) {
  switch (namespace_mode.kind) {
    case NamespaceMode::Kind::own:
      return namespace_mode.shareable ? "shareable" : "";
    case NamespaceMode::Kind::none:
      return "none";
    case NamespaceMode::Kind::host:
      return "host";
    case NamespaceMode::Kind::service:
      return "service:" + namespace_mode.name;
    case NamespaceMode::Kind::pod:
      return "";
  }
  return "";
}

Tree endpoint_opts(const NetworkAttachment& attachment) {
  std::vector<std::string> words;
  for (const auto& [name, value] : attachment.sysctls) words.push_back(escaped(name + "=" + value));
  if (words.empty()) return Tree::object();
  return {{"com.docker.network.endpoint.sysctls", joined(words, ",")}};
}

Tree links(const ServiceSpec& service) {
  Tree all = Tree::array();
  for (const ServiceLink& link : service.links)
    all.push_back(link.alias == link.service ? link.service : link.service + ":" + escaped(link.alias));
  return all;
}

Tree networks(const ServiceSpec& service) {
  Tree all = Tree::object();
  for (const auto& [key, attachment] : service.networks) {
    Tree one = Tree::object();
    put(one, "aliases", list_of(attachment.aliases));
    put(one, "ipv4_address", attachment.ipv4_address);
    put(one, "ipv6_address", attachment.ipv6_address);
    put(one, "link_local_ips", list_of(attachment.link_local_ips));
    put(one, "mac_address", attachment.mac_address);
    put(one, "interface_name", attachment.interface_name);
    put(one, "driver_opts", endpoint_opts(attachment));
    if (attachment.priority != 0) one["priority"] = attachment.priority;
    if (attachment.gw_priority != 0) one["gw_priority"] = attachment.gw_priority;
    all[key] = one.empty() ? Tree() : std::move(one);
  }
  return all;
}

std::string published(const PublishedPort& port) {
  const std::string first = std::to_string(port.published);
  return port.published_last == 0 ? first : first + "-" + std::to_string(port.published_last);
}

Tree ports(const ServiceSpec& service) {
  Tree all = Tree::array();
  for (const PublishedPort& port : service.ports) {
    Tree one = Tree::object();
    put(one, "name", escaped(port.name));
    one["mode"] = port.mode;
    put(one, "host_ip", port.host_ip);
    one["target"] = port.target;
    if (port.published != 0) one["published"] = published(port);
    one["protocol"] = port.protocol;
    put(one, "app_protocol", escaped(port.app_protocol));
    all.push_back(std::move(one));
  }
  return all;
}

Tree security_opt(const SecurityOptions& options) {
  Tree all = Tree::array();
  if (options.seccomp == SecurityOptions::Seccomp::unconfined) all.push_back("seccomp=unconfined");
  if (options.seccomp == SecurityOptions::Seccomp::file)
    all.push_back("seccomp=" + escaped(options.seccomp_file));
  if (!options.no_new_privileges) all.push_back("no-new-privileges:false");
  if (options.label_disable) all.push_back("label=disable");
  const std::pair<const char*, const std::string&> labels[] = {{"user", options.label_user},
                                                               {"role", options.label_role},
                                                               {"type", options.label_type},
                                                               {"level", options.label_level}};
  for (const auto& [part, value] : labels) {
    if (!value.empty()) all.push_back(std::string("label=") + part + ":" + escaped(value));
  }
  if (!options.mask_paths) all.push_back("systempaths=unconfined");
  return all;
}

Tree rates(const std::vector<DeviceRate>& devices) {
  Tree all = Tree::array();
  for (const DeviceRate& device : devices) all.push_back({{"path", device.path}, {"rate", device.rate}});
  return all;
}

Tree blkio_config(const BlkioConfig& blkio) {
  Tree tree = Tree::object();
  if (blkio.weight != 0) tree["weight"] = blkio.weight;
  Tree weights = Tree::array();
  for (const DeviceWeight& device : blkio.weight_device) {
    weights.push_back({{"path", device.path}, {"weight", device.weight}});
  }
  put(tree, "weight_device", std::move(weights));
  put(tree, "device_read_bps", rates(blkio.device_read_bps));
  put(tree, "device_write_bps", rates(blkio.device_write_bps));
  put(tree, "device_read_iops", rates(blkio.device_read_iops));
  put(tree, "device_write_iops", rates(blkio.device_write_iops));
  return tree;
}

void put_resources(Tree& tree, const Resources& resources) {
  if (resources.nano_cpus) tree["cpus"] = static_cast<double>(*resources.nano_cpus) / 1e9;
  if (resources.cpu_period) tree["cpu_period"] = std::to_string(*resources.cpu_period);
  if (resources.cpu_quota) tree["cpu_quota"] = std::to_string(*resources.cpu_quota);
  put(tree, "cpu_shares", resources.cpu_shares);
  put(tree, "cpuset", resources.cpuset);
  if (resources.memory) tree["mem_limit"] = std::to_string(*resources.memory);
  if (resources.memory_reservation) tree["mem_reservation"] = std::to_string(*resources.memory_reservation);
  if (resources.memory_swap) tree["memswap_limit"] = std::to_string(*resources.memory_swap);
  if (resources.mem_swappiness) tree["mem_swappiness"] = std::to_string(*resources.mem_swappiness);
  put(tree, "oom_kill_disable", resources.oom_kill_disable);
  put(tree, "pids_limit", resources.pids);
  put(tree, "blkio_config", blkio_config(resources.blkio));
}

Tree x_stack(const ServiceSpec& service) {
  Tree tree = Tree::object();
  put(tree, "pod", service.pod);
  Tree bandwidth = Tree::object();
  if (service.bandwidth.ingress != 0)
    bandwidth["ingress"] = std::to_string(service.bandwidth.ingress) + "bit";
  if (service.bandwidth.egress != 0) bandwidth["egress"] = std::to_string(service.bandwidth.egress) + "bit";
  put(tree, "bandwidth", std::move(bandwidth));
  return tree;
}

void put_process(Tree& tree, const ServiceSpec& service) {
  canonical::put_image(tree, service);
  tree["container_name"] = service.container_name;
  if (service.entrypoint) tree["entrypoint"] = list_of(*service.entrypoint);
  if (service.command) tree["command"] = list_of(*service.command);
  put(tree, "environment", map_of(service.environment));
  put(tree, "working_dir", escaped(service.working_dir));
  put(tree, "user", escaped(service.user));
  put(tree, "group_add", list_of(service.group_add));
  put(tree, "hostname", service.hostname);
  put(tree, "domainname", service.domainname);
  put(tree, "profiles", list_of(service.profiles));
  put(tree, "depends_on", depends_on(service));
  if (service.healthcheck) tree["healthcheck"] = healthcheck(*service.healthcheck);
  put(tree, "scale", service.scale);
  Tree deploy = Tree::object();
  put(deploy, "replicas", service.replicas);
  if (service.update_config) deploy["update_config"] = update_config(*service.update_config);
  if (service.rollback_config) deploy["rollback_config"] = update_config(*service.rollback_config);
  if (service.restart.from_deploy) deploy["restart_policy"] = restart_policy(service.restart);
  put(tree, "deploy", std::move(deploy));
  if (!service.restart.from_deploy && service.restart.kind != RestartPolicy::Kind::no)
    tree["restart"] = restart(service.restart);
  put(tree, "post_start", hooks(service.post_start));
  put(tree, "pre_stop", hooks(service.pre_stop));
  put(tree, "develop", develop(service.develop));
  put(tree, "attach", service.attach);
  put(tree, "stdin_open", service.stdin_open);
  put(tree, "tty", service.tty);
  if (service.logging) put(tree, "logging", logging(*service.logging));
  put(tree, "init", service.init);
  put(tree, "stop_signal", service.stop_signal);
  tree["stop_grace_period"] = duration(service.stop_grace_period);
}

void put_namespaces(Tree& tree, const ServiceSpec& service) {
  put(tree, "network_mode", mode(service.network_mode));
  if (service.network_mode.kind == NamespaceMode::Kind::own) put(tree, "networks", networks(service));
  put(tree, "mac_address", service.mac_address);
  put(tree, "links", links(service));
  put(tree, "ports", ports(service));
  put(tree, "expose", list_of(service.expose));
  put(tree, "ipc", mode(service.ipc));
  put(tree, "pid", mode(service.pid));
  put(tree, "uts", mode(service.uts));
  if (service.userns_host) tree["userns_mode"] = "host";
  if (service.cgroup_host) tree["cgroup"] = "host";
  put(tree, "extra_hosts", hosts_of(service.extra_hosts));
  put(tree, "dns", list_of(service.dns));
  put(tree, "dns_search", list_of(service.dns_search));
  put(tree, "dns_opt", list_of(service.dns_opt));
}

void put_security(Tree& tree, const ServiceSpec& service) {
  put(tree, "cap_add", list_of(service.cap_add));
  put(tree, "cap_drop", list_of(service.cap_drop));
  if (service.privileged) tree["privileged"] = true;
  put(tree, "devices", devices(service.devices));
  put(tree, "device_cgroup_rules", list_of(service.device_cgroup_rules));
  put(tree, "security_opt", security_opt(service.security));
  put(tree, "sysctls", map_of(service.sysctls));
  put(tree, "ulimits", canonical::limits_of(service.ulimits));
}

Tree service_tree(const ServiceSpec& service, const std::map<std::string, VolumeSpec>& volumes) {
  Tree tree = Tree::object();
  // As many keys as few services have: an ordered tree copies them when it grows.
  tree.get_ref<Tree::object_t&>().reserve(32);
  put_process(tree, service);
  put_namespaces(tree, service);
  canonical::put_mounts(tree, service, volumes);
  if (service.read_only) tree["read_only"] = true;
  put_security(tree, service);
  put_resources(tree, service.resources);
  put(tree, "oom_score_adj", service.oom_score_adj);
  put(tree, "labels", map_of(service.labels));
  put(tree, "annotations", map_of(service.annotations));
  put(tree, "x-stack", x_stack(service));
  return tree;
}

Tree stack_tree(const StackSpec& spec) {
  Tree services = Tree::object();
  services.get_ref<Tree::object_t&>().reserve(spec.services.size());
  for (const auto& [name, service] : spec.services) services[name] = service_tree(service, spec.volumes);
  Tree networks = Tree::object();
  for (const auto& [key, network] : spec.networks) networks[key] = canonical::network_tree(network);
  Tree tree = {{"name", spec.name}, {"services", std::move(services)}};
  put(tree, "networks", std::move(networks));
  canonical::put_storage(tree, spec);
  return tree;
}

}  // namespace

std::string to_yaml(const StackSpec& spec) {
  return yaml_text(stack_tree(spec));
}

std::string to_json(const StackSpec& spec) {
  return stack_tree(spec).dump(2, ' ', false, Tree::error_handler_t::replace) + "\n";
}

}  // namespace stack
