// The canonical model of a stack file: what is left of the YAML when short forms are expanded, variables
// interpolated, defaults applied and paths made absolute. Plain values, sorted containers, no behaviour: the
// same file gives the same model, text and hash. Field names are those of the Compose Specification.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stack {

// A place in a file, counted from 1; line 0 means "no line" (a value from the command line, say).
struct SourcePos {
  std::string file;
  int line = 0;
  int column = 0;
};

using Nanoseconds = std::chrono::nanoseconds;

// The file's `image:`. `host` and `rootfs` need no image store.
struct ImageRef {
  enum class Kind { host, rootfs, registry, oci, oci_archive, docker_archive };
  Kind kind = Kind::host;
  std::string path;  // rootfs, oci: the absolute folder; oci_archive, docker_archive: the absolute file
  // registry: in full, "docker.io/library/redis:7" or with "@sha256:..."; the archives: the tag inside, if
  // any
  std::string name;
  // What that stood for when it was looked up in the image store (core/images); empty in a file's model.
  std::string id;                   // digest of the image's config, "sha256:..."
  std::vector<std::string> layers;  // diff ids, lowest first
  auto operator<=>(const ImageRef&) const = default;
};

struct PullPolicy {
  enum class Kind { missing, always, never, build, every };
  Kind kind = Kind::missing;
  Nanoseconds age{0};  // every (daily, weekly, every_12h): pull again when the image here is older
  auto operator<=>(const PullPolicy&) const = default;
};

struct Ulimit {  // -1 is unlimited
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  auto operator<=>(const Ulimit&) const = default;
};

// `build:`, done by buildah. Paths are absolute.
struct BuildSpec {
  std::string context;     // a folder, or a URL as buildah takes it
  std::string dockerfile;  // empty: Containerfile or Dockerfile of the context
  std::string dockerfile_inline;
  std::map<std::string, std::string> args;
  std::string target;
  std::map<std::string, std::string> labels;
  std::vector<std::string> secrets;  // keys of the stack's secrets
  std::vector<std::string> ssh;      // "default", "id=socket or key"
  std::vector<std::string> cache_from, cache_to, platforms, tags;
  std::map<std::string, std::string> additional_contexts;
  std::map<std::string, std::vector<std::string>> extra_hosts;
  std::string network;
  bool no_cache = false;
  bool pull = false;
  std::uint64_t shm_size = 0;
  std::map<std::string, Ulimit> ulimits;
  auto operator<=>(const BuildSpec&) const = default;
};

enum class DependsCondition { service_started, service_healthy, service_completed_successfully };

struct Dependency {
  DependsCondition condition = DependsCondition::service_started;
  bool restart = false;  // restart this service too when the dependency is restarted by hand
  bool required = true;
  bool implicit = false;  // not written, but follows from `network_mode: service:` and the like
  auto operator<=>(const Dependency&) const = default;
};

struct Healthcheck {  // what is absent is the image's affair, and else Docker's default (see core/reconcile)
  std::vector<std::string> test;  // the argv to run; CMD-SHELL already became {"/bin/sh", "-c", ...}
  bool disable = false;           // none, whatever the image says
  std::optional<Nanoseconds> interval, timeout, start_period, start_interval;
  std::optional<int> retries;
  auto operator<=>(const Healthcheck&) const = default;
};

struct RestartPolicy {
  enum class Kind { no, on_failure, always, unless_stopped };
  Kind kind = Kind::no;
  int max_retries = 0;  // restarts before it is given up; 0 is unlimited
  // deploy.restart_policy, which says more than `restart` can. `delay` is the pause before each start, in
  // place of the growing one; a run of `window` counts as success.
  std::optional<bool> from_deploy = {};
  std::optional<Nanoseconds> delay = {}, window = {};
  auto operator<=>(const RestartPolicy&) const = default;
};

// `deploy.update_config` and `rollback_config`: how the containers of a service are made anew.
struct UpdateConfig {
  enum class OnFailure { pause, go_on, roll_back };
  int parallelism = 1;                 // containers at a time, 0: all
  Nanoseconds delay{0};                // between one batch and the next
  Nanoseconds monitor{5'000'000'000};  // so long after its start an end is the update's failure
  OnFailure on_failure = OnFailure::pause;
  std::uint64_t max_failure_ratio = 0;  // in billionths: more of them failed is a failure of the whole
  auto operator<=>(const UpdateConfig&) const = default;
};

// One command of `post_start` or `pre_stop`, run in the running container.
struct Hook {
  std::vector<std::string> command;
  std::string user, working_dir;  // empty: the service's
  bool privileged = false;
  std::map<std::string, std::string> environment;  // added to the service's
  auto operator<=>(const Hook&) const = default;
};

// One entry of `develop.watch`: what `stack watch` does when files of the host have changed.
struct WatchRule {
  enum class Action { rebuild, restart, sync, sync_restart, sync_exec };
  std::string path;  // absolute: a folder or a file
  Action action = Action::rebuild;
  std::string target;                        // of sync: absolute, in the container
  std::vector<std::string> ignore, include;  // as in .dockerignore, relative to `path`; no include: all
  bool initial_sync = false;
  std::optional<Hook> exec;  // of sync+exec
  auto operator<=>(const WatchRule&) const = default;
};

// `logging`: the log that we keep ourselves, or none.
struct Logging {
  bool none = false;            // driver: none
  std::string driver;           // as written: "json-file", "local"; "" is ours
  std::uint64_t max_size = 0;   // bytes of one file, 0: the default
  std::uint32_t max_files = 0;  // 0: the default
  auto operator<=>(const Logging&) const = default;
};

// `network_mode`, `ipc`, `pid`, `uts` in one shape: whose namespace of that kind the service lives in.
struct NamespaceMode {
  enum class Kind {
    own,      // a namespace of its own (ipc: private; network: bridge or the `networks` list)
    none,     // network: own, with nothing but loopback
    host,     // the host's
    service,  // that of `name`, a service of this file
    pod,      // that of the x-stack pod `name`
  };
  Kind kind = Kind::own;
  std::string name;
  bool shareable = false;  // ipc: shareable
  auto operator<=>(const NamespaceMode&) const = default;
};

struct Bandwidth {  // bits per second, 0 is unlimited; ingress is into the container
  std::uint64_t ingress = 0;
  std::uint64_t egress = 0;
  auto operator<=>(const Bandwidth&) const = default;
};

struct NetworkAttachment {  // one entry of a service's `networks`
  std::vector<std::string> aliases;
  std::string ipv4_address;  // empty: given by IPAM
  std::string ipv6_address;
  std::string mac_address = {};     // "02:42:ac:11:00:02"; empty: derived from the names
  std::string interface_name = {};  // in the container; empty: the first free "ethN"
  std::vector<std::string> link_local_ips = {};
  // driver_opts com.docker.network.endpoint.sysctls: "net.ipv4.conf.IFNAME.forwarding" -> "0"
  std::map<std::string, std::string> sysctls = {};
  int priority = 0;     // the highest is attached first
  int gw_priority = 0;  // the highest gives the default route
  auto operator<=>(const NetworkAttachment&) const = default;
};

struct ServiceLink {  // one entry of a service's `links`
  std::string service;
  std::string alias;  // what the service that has the link, and nobody else, may call it
  auto operator<=>(const ServiceLink&) const = default;
};

struct PublishedPort {
  std::string host_ip;          // empty: every address, IPv4 and IPv6
  std::uint16_t published = 0;  // 0: the reconciler picks a free one
  std::uint16_t target = 0;
  std::string protocol = "tcp";  // tcp, udp or sctp
  // Of a range of host ports for one container port: its last. The reconciler picks the first free one.
  std::uint16_t published_last = 0;
  std::string mode = "ingress";              // ingress or host, which are one on one host
  std::string name = {}, app_protocol = {};  // for people and tools
  auto operator<=>(const PublishedPort&) const = default;
};

struct Mount {
  enum class Type { bind, tmpfs, volume, image };
  Type type = Type::bind;
  // bind: absolute host path; volume: the volume's full name ("project_key"), empty where it is anonymous
  std::string source;
  std::string target;  // absolute path in the container
  bool read_only = false;
  bool create_host_path = false;     // bind, short form: make a missing source folder
  std::string propagation;           // bind: rprivate (default), private, rshared, shared, rslave, slave
  bool recursive = true;             // bind: submounts too
  std::string selinux;               // bind, volume: "z" label for all containers, "Z" for this one alone
  bool nocopy = false;               // volume: not filled from the image's folder
  std::string subpath;               // volume, image: this folder of it, relative
  ImageRef image;                    // image
  std::uint64_t size = 0;            // tmpfs: bytes, 0 is the kernel's default
  std::uint32_t mode = 0;            // tmpfs: permission bits, 0 is 01777
  std::vector<std::string> options;  // tmpfs: uid=, gid=, noexec, ... as written in the short form
  auto operator<=>(const Mount&) const = default;
};

// `volumes_from: [service:ro]`
struct VolumesFrom {
  std::string service;
  bool read_only = false;
  auto operator<=>(const VolumesFrom&) const = default;
};

// One entry of a service's `configs` or `secrets`.
struct FileMount {
  std::string source;  // key of the stack's configs or secrets
  std::string target;  // absolute path in the container
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t mode = 0444;  // permission bits
  // Where its content came from ("file /srv/app/password.txt") and the SHA-256 of it, when `up` looked; empty
  // in a file's model.
  std::string origin, digest;
  auto operator<=>(const FileMount&) const = default;
};

// One entry of `devices`.
struct DeviceMapping {
  std::string source;  // on the host: a node, or a folder of nodes
  std::string target;  // in the container, below /dev
  std::string permissions = "rwm";
  auto operator<=>(const DeviceMapping&) const = default;
};

struct DeviceWeight {
  std::string path;
  std::uint16_t weight = 0;
  auto operator<=>(const DeviceWeight&) const = default;
};
struct DeviceRate {
  std::string path;
  std::uint64_t rate = 0;  // bytes or operations a second
  auto operator<=>(const DeviceRate&) const = default;
};
struct BlkioConfig {
  std::uint16_t weight = 0;  // 10 to 1000, 0 is unset
  std::vector<DeviceWeight> weight_device;
  std::vector<DeviceRate> device_read_bps, device_write_bps, device_read_iops, device_write_iops;
  auto operator<=>(const BlkioConfig&) const = default;
};

// Limits after `deploy.resources` and the older service keys were merged. Absent means not limited.
struct Resources {
  std::optional<std::uint64_t> nano_cpus;   // cpus: 1.5 is 1'500'000'000
  std::optional<std::uint64_t> cpu_period;  // microseconds; with cpu_quota, instead of nano_cpus
  std::optional<std::uint64_t> cpu_quota;   // microseconds of CPU time in each period
  std::optional<std::uint64_t> cpu_shares;  // 2 to 262144
  std::string cpuset;                       // "0-1,3"
  std::optional<std::uint64_t> memory;      // bytes
  std::optional<std::uint64_t> memory_reservation;
  std::optional<std::int64_t> memory_swap;  // memory + swap in bytes, -1 unlimited, as memswap_limit
  std::optional<int> mem_swappiness;        // 0 to 100
  std::optional<bool> oom_kill_disable;     // only ever true
  std::optional<std::int64_t> pids;         // -1 unlimited
  BlkioConfig blkio;
  auto operator<=>(const Resources&) const = default;
};

struct SecurityOptions {
  enum class Seccomp { standard, unconfined, file };
  Seccomp seccomp = Seccomp::standard;
  std::string seccomp_file;       // absolute path of a profile (our YAML or Docker's JSON)
  bool no_new_privileges = true;  // our default; `no-new-privileges:false` asks for the weaker
  bool label_disable = false;     // label=disable
  std::string label_user, label_role, label_type, label_level;
  bool mask_paths = true;  // systempaths=unconfined turns it off
  auto operator<=>(const SecurityOptions&) const = default;
};

struct ServiceSpec {
  std::string name;
  std::string container_name;          // "project-service-1"
  std::optional<int> scale, replicas;  // of the file's two words for one number; see replicas.h
  ImageRef image;
  PullPolicy pull_policy;
  std::string platform;  // "linux/arm64", empty: the host's
  std::optional<BuildSpec> build;
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> command;  // absent: the image's; `[]` is none
  std::map<std::string, std::string> environment;   // env_file merged in
  std::string working_dir;
  std::string user;                    // as written: uid, name, uid:gid, name:group
  std::vector<std::string> group_add;  // names or numbers
  std::string hostname;
  std::string domainname;
  std::map<std::string, Dependency> depends_on;
  std::vector<std::string> profiles;  // as written; none: always part of the stack
  std::optional<Healthcheck> healthcheck;
  RestartPolicy restart;
  std::optional<UpdateConfig> update_config, rollback_config;  // of `deploy`
  std::vector<Hook> post_start, pre_stop;
  std::vector<WatchRule> develop;  // develop.watch
  std::optional<bool> attach;      // false: its logs are not shown by `up`
  std::optional<Logging> logging;
  std::optional<bool> stdin_open, tty;

  NamespaceMode network_mode;
  std::map<std::string, NetworkAttachment>
      networks;             // by network key; filled with "default" when none is named
  std::string mac_address;  // of the network that is attached first
  std::vector<ServiceLink> links;
  std::vector<PublishedPort> ports;
  std::vector<std::string> expose;  // "80", "8000-8010/udp": said to people, nothing is opened by it
  NamespaceMode ipc;
  NamespaceMode pid;
  NamespaceMode uts;
  bool userns_host = false;         // userns_mode: host
  std::optional<bool> cgroup_host;  // cgroup: host; only ever true
  std::string pod;                  // x-stack.pod
  Bandwidth bandwidth;              // x-stack.bandwidth

  std::vector<Mount> mounts;  // volumes and tmpfs, in the order of their targets
  std::vector<VolumesFrom> volumes_from;
  std::vector<FileMount> configs, secrets;
  std::uint64_t shm_size = 0;  // bytes of /dev/shm, 0: 64 MiB
  bool read_only = false;
  std::map<std::string, std::vector<std::string>> extra_hosts;  // name -> addresses
  std::vector<std::string> dns, dns_search, dns_opt;

  std::vector<std::string> cap_add, cap_drop;  // upper case without CAP_, or ALL
  bool privileged = false;
  SecurityOptions security;
  std::vector<DeviceMapping> devices;
  std::vector<std::string> device_cgroup_rules;  // "c 189:* rmw", as written
  std::map<std::string, std::string> sysctls;
  std::map<std::string, Ulimit> ulimits;  // by name without RLIMIT_: nofile, nproc, ...
  Resources resources;
  std::optional<int> oom_score_adj;
  std::optional<bool> init;  // run a tiny init as pid 1
  std::string stop_signal;   // empty: the image's, and else SIGTERM
  Nanoseconds stop_grace_period = std::chrono::seconds(10);
  std::map<std::string, std::string> labels;  // label_file merged in
  std::map<std::string, std::string> annotations;

  std::map<std::string, SourcePos> positions;  // key -> where the file says it; not part of equality or hash
};

struct NetworkSpec {
  std::string key;   // as the file calls it
  std::string name;  // "project_key"
  bool internal = false;
  bool enable_ipv6 = true;
  std::string subnet4, gateway4, subnet6, gateway6;  // from ipam.config; empty: given by IPAM
  std::uint32_t mtu = 0;                             // driver_opts com.docker.network.driver.mtu; 0 is 1500
  std::map<std::string, std::string> labels;
  bool enable_ipv4 = true;
  std::string range4 = {}, range6 = {};                     // ip_range: what is given comes out of it
  std::map<std::string, std::string> aux4 = {}, aux6 = {};  // aux_addresses: never given
  bool external = false;  // only in a draft: "host" and "none", which become a network_mode
  // driver_opts com.docker.network.bridge.*
  std::string bridge_name = {};       // the bridge's link; empty: derived from the names
  std::string host_binding4 = {};     // where ports that name no address are published
  bool icc = true;                    // its members reach each other
  bool masquerade = true;             // what leaves has the host's address
  std::string interface_prefix = {};  // driver_opts com.docker.network.container_iface_prefix; empty: "eth"
};

struct VolumeSpec {
  std::string key;   // as the file calls it
  std::string name;  // "project_key", or `name:`
  bool external = false;
  std::map<std::string, std::string> driver_opts;  // of the local driver: type, o, device
  std::map<std::string, std::string> labels;
};

// A config or a secret: exactly one of file, environment, content and external says where it comes from.
struct FileSource {
  std::string key;
  std::string name;  // "project_key", or `name:`
  std::string file;  // absolute
  std::string environment;
  std::optional<std::string> content;
  bool external = false;
  std::map<std::string, std::string> labels;
};

struct StackSpec {
  std::string name;
  std::string working_dir;         // project directory, absolute
  std::vector<std::string> files;  // absolute paths of the files read
  std::map<std::string, ServiceSpec> services;
  // Services of the file that no active profile makes part of the stack, with their profiles.
  std::map<std::string, std::vector<std::string>> inactive;
  std::map<std::string, NetworkSpec> networks;
  std::map<std::string, VolumeSpec> volumes;
  std::map<std::string, FileSource> configs, secrets;
};

}  // namespace stack
