// The readers of a service's keys, one small function a key; service.cpp lists which is whose.
#pragma once

#include "specs/service.h"

namespace stack::service_keys {

using R = ServiceReading;

// service_image.cpp
void image(R& r, const Node& node);
void pull_policy(R& r, const Node& node);
void platform(R& r, const Node& node);
// "linux/arm64", where it is one.
std::optional<std::string> platform_name(R& r, const Node& node, const std::string& what);

// service_build.cpp
void build(R& r, const Node& node);

// service_process.cpp
void container_name(R& r, const Node& node);
void command(R& r, const Node& node);
void entrypoint(R& r, const Node& node);
void working_dir(R& r, const Node& node);
void user(R& r, const Node& node);
void group_add(R& r, const Node& node);
void attach(R& r, const Node& node);
void stdin_open(R& r, const Node& node);
void tty(R& r, const Node& node);
void hostname(R& r, const Node& node);
void domainname(R& r, const Node& node);
void init(R& r, const Node& node);
void stop_signal(R& r, const Node& node);
void stop_grace_period(R& r, const Node& node);
void oom_score_adj(R& r, const Node& node);

// service_environment.cpp
void environment(R& r, const Node& node);
void env_file(R& r, const Node& node);
Lookup lookup_in(const std::map<std::string, std::string>& variables);

// service_labels.cpp
void label_file(R& r, const Node& node);
void labels(R& r, const Node& node);
void annotations(R& r, const Node& node);
void expose(R& r, const Node& node);

// service_lifecycle.cpp
void depends_on(R& r, const Node& node);
void profiles(R& r, const Node& node);
void healthcheck(R& r, const Node& node);
void restart(R& r, const Node& node);

// service_network.cpp
void network_mode(R& r, const Node& node);
void extra_hosts(R& r, const Node& node);
// NAME=ADDRESS as a list or a map; also of a build.
std::map<std::string, std::vector<std::string>> host_addresses(R& r, const Node& node,
                                                               const std::string& what);
void dns(R& r, const Node& node);
void dns_search(R& r, const Node& node);
void dns_opt(R& r, const Node& node);

// service_attachments.cpp
void networks(R& r, const Node& node);
void mac_address(R& r, const Node& node);
void links(R& r, const Node& node);

// service_ports.cpp
void ports(R& r, const Node& node);

// service_namespaces.cpp
void ipc(R& r, const Node& node);
void pid(R& r, const Node& node);
void uts(R& r, const Node& node);
void cgroup(R& r, const Node& node);
void userns_mode(R& r, const Node& node);
void x_stack(R& r, const Node& node);
// What it may hold: "pod", "bandwidth.ingress". specs/schema/x-stack.json is held to it by a test.
std::vector<std::string> x_stack_keys();

// service_volumes.cpp
void volumes(R& r, const Node& node);

// service_tmpfs.cpp
void tmpfs(R& r, const Node& node);

// service_files.cpp
void configs(R& r, const Node& node);
void secrets(R& r, const Node& node);
void volumes_from(R& r, const Node& node);
void shm_size(R& r, const Node& node);

// service_security.cpp
void read_only(R& r, const Node& node);
void cap_add(R& r, const Node& node);
void cap_drop(R& r, const Node& node);
void privileged(R& r, const Node& node);
void scale(R& r, const Node& node);
void security_opt(R& r, const Node& node);
void sysctls(R& r, const Node& node);
void ulimits(R& r, const Node& node);
// By name; also of a build.
std::map<std::string, Ulimit> limits_of(R& r, const Node& node, const char* what);

// service_resources.cpp
void cpus(R& r, const Node& node);
void cpu_period(R& r, const Node& node);
void cpu_quota(R& r, const Node& node);
void cpu_shares(R& r, const Node& node);
void cpuset(R& r, const Node& node);
void mem_limit(R& r, const Node& node);
void mem_reservation(R& r, const Node& node);
void memswap_limit(R& r, const Node& node);
void mem_swappiness(R& r, const Node& node);
void oom_kill_disable(R& r, const Node& node);
void pids_limit(R& r, const Node& node);
void blkio_config(R& r, const Node& node);

// service_deploy.cpp
void rollback_config(R& r, const Node& node);  // the two of deploy (service_update.cpp)
void update_config(R& r, const Node& node);
void deploy(R& r, const Node& node);

// service_hooks.cpp
void post_start(R& r, const Node& node);
void pre_stop(R& r, const Node& node);
// One command, where it is one; `what` is the key that it stands under.
std::optional<Hook> hook_of(R& r, const Node& node, const char* what);

// service_develop.cpp
void develop(R& r, const Node& node);

// service_logging.cpp
void logging(R& r, const Node& node);

// service_devices.cpp
void devices(R& r, const Node& node);
void device_cgroup_rules(R& r, const Node& node);

// service_refused.cpp
void runtime(R& r, const Node& node);
void isolation(R& r, const Node& node);
void credential_spec(R& r, const Node& node);
void cpu_count(R& r, const Node& node);
void cpu_percent(R& r, const Node& node);
void cpu_rt_period(R& r, const Node& node);
void cpu_rt_runtime(R& r, const Node& node);
void external_links(R& r, const Node& node);
void models(R& r, const Node& node);
void provider(R& r, const Node& node);
void use_api_socket(R& r, const Node& node);
void cgroup_parent(R& r, const Node& node);
void storage_opt(R& r, const Node& node);
void pull_refresh_after(R& r, const Node& node);
void gpus(R& r, const Node& node);

}  // namespace stack::service_keys
