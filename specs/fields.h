// Every field of the model by name, once: what is written to the wire, read from it and hashed is all of this
// list. A template over the visitor and the constness of the value: v(name, value.field).
#pragma once

#include "specs/stack_spec.h"

namespace stack::fields {

template <typename T, typename U>
concept Is = std::is_same_v<std::remove_const_t<T>, U>;

template <typename V, Is<SourcePos> T>
void visit(V& v, T& x) {
  v("file", x.file), v("line", x.line), v("column", x.column);
}
template <typename V, Is<ImageRef> T>
void visit(V& v, T& x) {
  v("kind", x.kind), v("path", x.path), v("name", x.name), v("id", x.id), v("layers", x.layers);
}
template <typename V, Is<PullPolicy> T>
void visit(V& v, T& x) {
  v("kind", x.kind), v("age", x.age);
}
template <typename V, Is<BuildSpec> T>
void visit(V& v, T& x) {
  v("context", x.context), v("dockerfile", x.dockerfile), v("dockerfile_inline", x.dockerfile_inline);
  v("args", x.args), v("target", x.target), v("labels", x.labels), v("secrets", x.secrets), v("ssh", x.ssh);
  v("cache_from", x.cache_from), v("cache_to", x.cache_to), v("platforms", x.platforms), v("tags", x.tags);
  v("additional_contexts", x.additional_contexts), v("extra_hosts", x.extra_hosts);
  v("network", x.network), v("no_cache", x.no_cache), v("pull", x.pull), v("shm_size", x.shm_size);
  v("ulimits", x.ulimits);
}
template <typename V, Is<Dependency> T>
void visit(V& v, T& x) {
  v("condition", x.condition), v("restart", x.restart), v("required", x.required), v("implicit", x.implicit);
}
template <typename V, Is<Healthcheck> T>
void visit(V& v, T& x) {
  v("test", x.test), v("disable", x.disable), v("interval", x.interval), v("timeout", x.timeout),
      v("start_period", x.start_period);
  v("start_interval", x.start_interval), v("retries", x.retries);
}
template <typename V, Is<RestartPolicy> T>
void visit(V& v, T& x) {
  v("kind", x.kind), v("max_retries", x.max_retries), v("from_deploy", x.from_deploy);
  v("delay", x.delay), v("window", x.window);
}
template <typename V, Is<UpdateConfig> T>
void visit(V& v, T& x) {
  v("parallelism", x.parallelism), v("delay", x.delay), v("monitor", x.monitor);
  v("on_failure", x.on_failure), v("max_failure_ratio", x.max_failure_ratio);
}
template <typename V, Is<Hook> T>
void visit(V& v, T& x) {
  v("command", x.command), v("user", x.user), v("working_dir", x.working_dir);
  v("privileged", x.privileged), v("environment", x.environment);
}
template <typename V, Is<WatchRule> T>
void visit(V& v, T& x) {
  v("path", x.path), v("action", x.action), v("target", x.target), v("ignore", x.ignore);
  v("include", x.include), v("initial_sync", x.initial_sync), v("exec", x.exec);
}
template <typename V, Is<Logging> T>
void visit(V& v, T& x) {
  v("none", x.none), v("driver", x.driver), v("max_size", x.max_size), v("max_files", x.max_files);
}
template <typename V, Is<DeviceMapping> T>
void visit(V& v, T& x) {
  v("source", x.source), v("target", x.target), v("permissions", x.permissions);
}
template <typename V, Is<NamespaceMode> T>
void visit(V& v, T& x) {
  v("kind", x.kind), v("name", x.name), v("shareable", x.shareable);
}
template <typename V, Is<Bandwidth> T>
void visit(V& v, T& x) {
  v("ingress", x.ingress), v("egress", x.egress);
}
template <typename V, Is<NetworkAttachment> T>
void visit(V& v, T& x) {
  v("aliases", x.aliases), v("ipv4_address", x.ipv4_address), v("ipv6_address", x.ipv6_address);
  v("mac_address", x.mac_address), v("interface_name", x.interface_name);
  v("link_local_ips", x.link_local_ips), v("sysctls", x.sysctls);
  v("priority", x.priority), v("gw_priority", x.gw_priority);
}
template <typename V, Is<ServiceLink> T>
void visit(V& v, T& x) {
  v("service", x.service), v("alias", x.alias);
}
template <typename V, Is<PublishedPort> T>
void visit(V& v, T& x) {
  v("host_ip", x.host_ip), v("published", x.published), v("target", x.target), v("protocol", x.protocol);
  v("published_last", x.published_last), v("mode", x.mode), v("name", x.name);
  v("app_protocol", x.app_protocol);
}
template <typename V, Is<Mount> T>
void visit(V& v, T& x) {
  v("type", x.type), v("source", x.source), v("target", x.target), v("read_only", x.read_only);
  v("create_host_path", x.create_host_path), v("propagation", x.propagation), v("recursive", x.recursive);
  v("size", x.size), v("mode", x.mode), v("options", x.options), v("selinux", x.selinux);
  v("nocopy", x.nocopy), v("subpath", x.subpath), v("image", x.image);
}
template <typename V, Is<VolumesFrom> T>
void visit(V& v, T& x) {
  v("service", x.service), v("read_only", x.read_only);
}
template <typename V, Is<FileMount> T>
void visit(V& v, T& x) {
  v("source", x.source), v("target", x.target), v("uid", x.uid), v("gid", x.gid), v("mode", x.mode);
  v("origin", x.origin), v("digest", x.digest);
}
template <typename V, Is<Ulimit> T>
void visit(V& v, T& x) {
  v("soft", x.soft), v("hard", x.hard);
}
template <typename V, Is<DeviceWeight> T>
void visit(V& v, T& x) {
  v("path", x.path), v("weight", x.weight);
}
template <typename V, Is<DeviceRate> T>
void visit(V& v, T& x) {
  v("path", x.path), v("rate", x.rate);
}
template <typename V, Is<BlkioConfig> T>
void visit(V& v, T& x) {
  v("weight", x.weight), v("weight_device", x.weight_device);
  v("device_read_bps", x.device_read_bps), v("device_write_bps", x.device_write_bps);
  v("device_read_iops", x.device_read_iops), v("device_write_iops", x.device_write_iops);
}
template <typename V, Is<Resources> T>
void visit(V& v, T& x) {
  v("nano_cpus", x.nano_cpus), v("cpu_shares", x.cpu_shares), v("cpuset", x.cpuset), v("memory", x.memory);
  v("memory_reservation", x.memory_reservation), v("memory_swap", x.memory_swap), v("pids", x.pids);
  v("blkio", x.blkio), v("cpu_period", x.cpu_period), v("cpu_quota", x.cpu_quota);
  v("mem_swappiness", x.mem_swappiness), v("oom_kill_disable", x.oom_kill_disable);
}
template <typename V, Is<SecurityOptions> T>
void visit(V& v, T& x) {
  v("seccomp", x.seccomp), v("seccomp_file", x.seccomp_file), v("no_new_privileges", x.no_new_privileges);
  v("label_disable", x.label_disable), v("label_user", x.label_user), v("label_role", x.label_role);
  v("label_type", x.label_type), v("label_level", x.label_level), v("mask_paths", x.mask_paths);
}
template <typename V, Is<ServiceSpec> T>
void visit(V& v, T& x) {
  v("name", x.name), v("container_name", x.container_name), v("image", x.image),
      v("pull_policy", x.pull_policy), v("platform", x.platform), v("build", x.build);
  v("entrypoint", x.entrypoint);
  v("command", x.command), v("environment", x.environment), v("working_dir", x.working_dir),
      v("user", x.user);
  v("hostname", x.hostname), v("domainname", x.domainname), v("depends_on", x.depends_on);
  v("profiles", x.profiles);
  v("healthcheck", x.healthcheck), v("restart", x.restart);
  v("update_config", x.update_config), v("rollback_config", x.rollback_config);
  v("network_mode", x.network_mode);
  v("networks", x.networks), v("mac_address", x.mac_address), v("links", x.links);
  v("ports", x.ports), v("ipc", x.ipc), v("pid", x.pid), v("uts", x.uts);
  v("userns_host", x.userns_host), v("pod", x.pod);
  v("bandwidth", x.bandwidth), v("mounts", x.mounts), v("read_only", x.read_only);
  v("volumes_from", x.volumes_from), v("configs", x.configs), v("secrets", x.secrets);
  v("shm_size", x.shm_size);
  v("extra_hosts", x.extra_hosts), v("dns", x.dns), v("dns_search", x.dns_search), v("dns_opt", x.dns_opt);
  v("cap_add", x.cap_add), v("cap_drop", x.cap_drop), v("privileged", x.privileged),
      v("security", x.security);
  v("sysctls", x.sysctls), v("ulimits", x.ulimits), v("resources", x.resources);
  v("oom_score_adj", x.oom_score_adj), v("init", x.init), v("stop_signal", x.stop_signal);
  v("stop_grace_period", x.stop_grace_period), v("labels", x.labels), v("positions", x.positions);
  v("group_add", x.group_add), v("post_start", x.post_start), v("pre_stop", x.pre_stop);
  v("attach", x.attach), v("logging", x.logging), v("stdin_open", x.stdin_open), v("tty", x.tty);
  v("expose", x.expose), v("cgroup_host", x.cgroup_host);
  v("devices", x.devices), v("device_cgroup_rules", x.device_cgroup_rules);
  v("annotations", x.annotations), v("scale", x.scale), v("replicas", x.replicas);
  v("develop", x.develop);
}
template <typename V, Is<NetworkSpec> T>
void visit(V& v, T& x) {
  v("key", x.key), v("name", x.name), v("internal", x.internal), v("enable_ipv6", x.enable_ipv6);
  v("subnet4", x.subnet4), v("gateway4", x.gateway4), v("subnet6", x.subnet6), v("gateway6", x.gateway6);
  v("mtu", x.mtu), v("labels", x.labels), v("enable_ipv4", x.enable_ipv4);
  v("range4", x.range4), v("range6", x.range6), v("aux4", x.aux4), v("aux6", x.aux6);
  v("bridge_name", x.bridge_name), v("host_binding4", x.host_binding4), v("icc", x.icc);
  v("masquerade", x.masquerade), v("interface_prefix", x.interface_prefix);
}
template <typename V, Is<VolumeSpec> T>
void visit(V& v, T& x) {
  v("key", x.key), v("name", x.name), v("external", x.external), v("driver_opts", x.driver_opts);
  v("labels", x.labels);
}
template <typename V, Is<FileSource> T>
void visit(V& v, T& x) {
  v("key", x.key), v("name", x.name), v("file", x.file), v("environment", x.environment);
  v("content", x.content), v("external", x.external), v("labels", x.labels);
}
template <typename V, Is<StackSpec> T>
void visit(V& v, T& x) {
  v("name", x.name), v("working_dir", x.working_dir), v("files", x.files), v("services", x.services);
  v("inactive", x.inactive);
  v("networks", x.networks), v("volumes", x.volumes), v("configs", x.configs), v("secrets", x.secrets);
}

}  // namespace stack::fields
