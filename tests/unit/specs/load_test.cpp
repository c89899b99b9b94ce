// What is accepted, and what it means.
#include <algorithm>
#include <chrono>

#include "specs/canonical.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;
using Kind = NamespaceMode::Kind;

constexpr const char* kRich = R"(name: ignored
x-base: &base
  image: "host:"
  restart: unless-stopped
services:
  cache: {image: "host:", command: redis-server --port 6379, networks: [back], healthcheck: {test: [CMD, redis-cli, ping]}}
  api:
    <<: *base
    command: ["python3", "-m", "http.server"]
    depends_on: {cache: {condition: service_healthy, restart: true}}
    networks: {back: {aliases: [www], ipv4_address: 10.5.0.9}}
    environment: {A: "${NONE:-1}", B: 2, C: true}
  sidecar: {image: "host:", network_mode: "service:api", ipc: "service:api", command: sleep 1}
  web:
    <<: [*base]
    command: nginx -g 'daemon off;'
    ports: ["8080:80", {target: 53, published: "5353", protocol: udp, host_ip: 127.0.0.1}]
    networks: [front, back]
    volumes:
      - ./data:/data:ro
      - type: tmpfs
        target: /run
        tmpfs: {size: 64m, mode: 0755}
    deploy:
      resources:
        limits: {cpus: "0.5", memory: 64M, pids: 100}
        reservations: {memory: 32M}
    healthcheck:
      test: curl -f localhost || exit 1
      interval: 1m30s
    ulimits: {nofile: {soft: 1024, hard: 2048}, nproc: 64}
    security_opt: ["no-new-privileges:false", "label=level:s0:c1,c2", "seccomp=profile.json"]
networks:
  front:
  back:
    internal: true
    ipam: {config: [{subnet: 10.5.0.0/24, gateway: 10.5.0.1}]}
)";

TEST(Load, ReadsAWholeFile) {
  Folder folder;
  const StackSpec spec = folder.write("compose.yaml", kRich).spec();
  EXPECT_EQ(spec.name, "shop");
  EXPECT_EQ(spec.working_dir, folder.path());
  EXPECT_EQ(spec.files, Words{folder.path() + "/compose.yaml"});
  ASSERT_EQ(spec.services.size(), 4U);
  const ServiceSpec& web = spec.services.at("web");
  EXPECT_EQ(web.container_name, "shop-web-1");
  EXPECT_EQ(web.command, (Words{"nginx", "-g", "daemon off;"}));
  EXPECT_EQ(web.restart.kind, RestartPolicy::Kind::unless_stopped);
  EXPECT_EQ(web.ports, (std::vector<PublishedPort>{{"", 8080, 80, "tcp"}, {"127.0.0.1", 5353, 53, "udp"}}));
  ASSERT_EQ(web.mounts.size(), 2U);
  EXPECT_EQ(web.mounts[0].source, folder.path() + "/data");
  EXPECT_TRUE(web.mounts[0].read_only && web.mounts[0].create_host_path);
  EXPECT_EQ(web.mounts[1].mode, 0755U);
  EXPECT_EQ(web.resources.nano_cpus, 500'000'000U);
  EXPECT_EQ(web.resources.memory, 64U << 20U);
  EXPECT_EQ(web.resources.memory_reservation, 32U << 20U);
  EXPECT_EQ(web.resources.pids, 100);
  EXPECT_EQ(web.healthcheck->test, (Words{"/bin/sh", "-c", "curl -f localhost || exit 1"}));
  EXPECT_EQ(web.healthcheck->interval, 90s);
  EXPECT_EQ(web.ulimits.at("nproc"), (Ulimit{64, 64}));
  EXPECT_EQ(web.security.label_level, "s0:c1,c2");
  EXPECT_EQ(web.security.seccomp_file, folder.path() + "/profile.json");
  EXPECT_FALSE(web.security.no_new_privileges);
  EXPECT_EQ(web.positions.at("ports").line, 17);
  EXPECT_EQ(web.positions.at("ports").column, 5);
  EXPECT_EQ(web.positions.at("ports").file, "compose.yaml");
  EXPECT_EQ(web.positions.at("restart").line, 4);
  EXPECT_EQ(web.positions.at("mem_limit").line, 26);
}

TEST(Load, MakesImplicitDependenciesAndNetworks) {
  const StackSpec spec = spec_of(kRich);
  const ServiceSpec& sidecar = spec.services.at("sidecar");
  EXPECT_TRUE(sidecar.depends_on.at("api").implicit);
  EXPECT_TRUE(sidecar.networks.empty());
  EXPECT_EQ(sidecar.network_mode, (NamespaceMode{Kind::service, "api", false}));
  EXPECT_EQ(spec.services.at("api").depends_on.at("cache"),
            (Dependency{DependsCondition::service_healthy, true, true, false}));
  EXPECT_EQ(spec.services.at("api").networks.at("back"), (NetworkAttachment{{"www"}, "10.5.0.9", ""}));
  EXPECT_EQ(spec.networks.at("back").name, "shop_back");
  EXPECT_TRUE(spec.networks.at("back").internal);
  EXPECT_EQ(spec.networks.at("back").gateway4, "10.5.0.1");
  EXPECT_FALSE(spec.networks.contains("default"));
  const StackSpec plain = spec_of("services: {a: {image: \"host:\"}}\nnetworks: {unused: {}}\n");
  EXPECT_EQ(plain.services.at("a").networks.count("default"), 1U);
  EXPECT_EQ(plain.networks.at("default").name, "shop_default");
  EXPECT_FALSE(plain.networks.contains("unused"));
}

TEST(Load, ReadsItsOwnOutputAgain) {
  const StackSpec spec = spec_of(kRich);
  const std::string text = to_yaml(spec);
  EXPECT_EQ(to_yaml(spec_of(text)), text);
}

TEST(Load, NoPrefixOfAFileHarms) {
  const std::string rich = kRich;
  Folder folder;
  for (std::size_t length = 0; length <= rich.size(); ++length) {
    folder.write("compose.yaml", rich.substr(0, length));
    const Loaded loaded = folder.load();
    EXPECT_EQ(loaded.spec.has_value(), !loaded.diagnostics.has_errors());
    EXPECT_FALSE(loaded.diagnostics.render(true).empty() && !loaded.spec) << length;
  }
}

TEST(Load, NoByteChangedHarms) {
  const std::string rich = kRich;
  Folder folder;
  for (std::size_t at = 0; at < rich.size(); at += 7) {
    for (const char c : {'\0', '{', ']', '*', '&', ':', '$', '\n', '\t', '\xff', '-'}) {
      std::string text = rich;
      text[at] = c;
      const Loaded loaded = folder.write("compose.yaml", text).load();
      EXPECT_EQ(loaded.spec.has_value(), !loaded.diagnostics.has_errors());
    }
  }
}

TEST(Load, TakesLessThanTheTimeOfAFrame) {
  std::string text = "services:\n";
  for (int i = 0; i < 50; ++i) {
    text +=
        "  s" + std::to_string(i) +
        ":\n    image: \"host:\"\n    command: [sleep, infinity]\n    restart: always\n" +
        "    environment: {A: \"${B:-c}\", D: e}\n    ports: [\"" + std::to_string(9000 + i) + ":80\"]\n" +
        "    healthcheck: {test: [CMD, \"true\"], interval: 5s}\n    mem_limit: 64m\n    networks: [n]\n" +
        (i > 0 ? "    depends_on: {s0: {condition: service_healthy}}\n" : "");
  }
  Folder folder;
  folder.write("compose.yaml", text + "networks: {n: {}}\n");
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(folder.spec().services.size(), 50U);
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
  }
  RecordProperty("microseconds", static_cast<int>(best.count() / 1000));
  EXPECT_LT(best, 16ms);  // 5 ms is the aim; a busy machine is no fault
}

// One key each, and whether the model has what was meant.
TEST(Load, UnderstandsEveryFormOfAKey) {
  struct Case {
    const char* keys;
    bool (*holds)(const ServiceSpec&);
  };
  const Case cases[] = {
      {"entrypoint: []", [](const auto& s) { return s.entrypoint && s.entrypoint->empty(); }},
      {"entrypoint: sh -c",
       [](const auto& s) {
         return *s.entrypoint == Words{"sh", "-c"};
       }},
      {"command: null", [](const auto& s) { return !s.command && !s.entrypoint; }},
      {"command: []", [](const auto& s) { return s.command && s.command->empty(); }},
      {"command: \"\"", [](const auto& s) { return s.command && s.command->empty(); }},
      {"init: true", [](const auto& s) { return !s.command && s.stop_signal.empty(); }},
      {"environment: [A=1=2, B=]",
       [](const auto& s) {
         return s.environment == std::map<std::string, std::string>{{"A", "1=2"}, {"B", ""}};
       }},
      {"environment: {A: , B: null}", [](const auto& s) { return s.environment.empty(); }},
      {"depends_on: [b]", [](const auto& s) { return s.depends_on.at("b") == Dependency{}; }},
      {"depends_on: {gone: {condition: service_started, required: false}}",
       [](const auto& s) { return s.depends_on.empty(); }},
      {"healthcheck: {test: [NONE]}", [](const auto& s) { return s.healthcheck->disable; }},
      {"healthcheck: {disable: true, test: x, retries: 2}",
       [](const auto& s) {
         return s.healthcheck->disable && !s.healthcheck->retries && s.healthcheck->test.empty();
       }},
      {"healthcheck: {test: x}",
       [](const auto& s) {
         return !s.healthcheck->interval && !s.healthcheck->retries && !s.healthcheck->disable;
       }},
      {"healthcheck: {test: [CMD-SHELL, x y], retries: 5, start_interval: 1s}",
       [](const auto& s) {
         return s.healthcheck->test == Words{"/bin/sh", "-c", "x y"} && s.healthcheck->retries == 5;
       }},
      {"restart: \"no\"", [](const auto& s) { return s.restart.kind == RestartPolicy::Kind::no; }},
      {"restart: no", [](const auto& s) { return s.restart.kind == RestartPolicy::Kind::no; }},
      {"restart: on-failure:3",
       [](const auto& s) {
         return s.restart == RestartPolicy{RestartPolicy::Kind::on_failure, 3};
       }},
      {"network_mode: none",
       [](const auto& s) { return s.network_mode.kind == Kind::none && s.networks.empty(); }},
      {"network_mode: host",
       [](const auto& s) { return s.network_mode.kind == Kind::host && s.networks.empty(); }},
      {"network_mode: bridge",
       [](const auto& s) { return s.network_mode.kind == Kind::own && s.networks.count("default") == 1; }},
      {"ipc: shareable", [](const auto& s) { return s.ipc.kind == Kind::own && s.ipc.shareable; }},
      {"ipc: host", [](const auto& s) { return s.ipc.kind == Kind::host; }},
      {"pid: \"service:b\"",
       [](const auto& s) { return s.pid.name == "b" && s.depends_on.at("b").implicit; }},
      {"pid: \"service:b\", depends_on: [b]", [](const auto& s) { return !s.depends_on.at("b").implicit; }},
      {"uts: host", [](const auto& s) { return s.uts.kind == Kind::host; }},
      {"userns_mode: host", [](const auto& s) { return s.userns_host; }},
      {"x-stack: {pod: p}", [](const auto& s) { return s.pod == "p"; }},
      {"x-other: {any: thing}", [](const auto& s) { return s.positions.contains("x-other"); }},
      {"x-stack: {bandwidth: {ingress: 10mbit, egress: 512kbit}}",
       [](const auto& s) {
         return s.bandwidth == Bandwidth{10'000'000, 512'000};
       }},
      {"tmpfs: /tmp",
       [](const auto& s) {
         return s.mounts.at(0).type == Mount::Type::tmpfs && s.mounts[0].target == "/tmp";
       }},
      {"tmpfs: [\"/t:size=1m,mode=700,noexec,ro\"]",
       [](const auto& s) {
         const Mount& m = s.mounts.at(0);
         return m.size == 1 << 20 && m.mode == 0700 && m.read_only && m.options == Words{"noexec"};
       }},
      {"volumes: [\"/etc/hosts/:/h/:rslave,ro\"]",
       [](const auto& s) {
         return s.mounts.at(0).source == "/etc/hosts" && s.mounts[0].target == "/h" &&
                s.mounts[0].propagation == "rslave";
       }},
      {"volumes: [{type: bind, source: /a, target: /b, bind: {recursive: disabled}}]",
       [](const auto& s) { return !s.mounts.at(0).recursive && s.mounts[0].create_host_path; }},
      {"extra_hosts: [\"a:1.2.3.4\", \"a=::1\", \"g:host-gateway\"]",
       [](const auto& s) {
         return s.extra_hosts.at("a") == Words{"1.2.3.4", "::1"} &&
                s.extra_hosts.at("g") == Words{"host-gateway"};
       }},
      {"extra_hosts: {a: \"[::1]\"}", [](const auto& s) { return s.extra_hosts.at("a") == Words{"::1"}; }},
      {"dns: 1.1.1.1", [](const auto& s) { return s.dns == Words{"1.1.1.1"}; }},
      {"cap_add: [cap_net_admin, NET_ADMIN], cap_drop: [all]",
       [](const auto& s) { return s.cap_add == Words{"NET_ADMIN"} && s.cap_drop == Words{"ALL"}; }},
      {"security_opt: [\"seccomp:unconfined\", \"label:disable\", systempaths=unconfined]",
       [](const auto& s) {
         return s.security.seccomp == SecurityOptions::Seccomp::unconfined && s.security.label_disable &&
                !s.security.mask_paths && s.security.no_new_privileges;
       }},
      {"sysctls: [net.core.somaxconn=1024]",
       [](const auto& s) { return s.sysctls.at("net.core.somaxconn") == "1024"; }},
      {"sysctls: {net.core.somaxconn: 1024}",
       [](const auto& s) { return s.sysctls.at("net.core.somaxconn") == "1024"; }},
      {"ulimits: {core: -1}",
       [](const auto& s) {
         return s.ulimits.at("core") == Ulimit{-1, -1};
       }},
      {"mem_limit: 64m, memswap_limit: -1",
       [](const auto& s) { return s.resources.memory == 64U << 20 && s.resources.memory_swap == -1; }},
      {"mem_limit: 64m, deploy: {resources: {limits: {memory: 64mb}}}",
       [](const auto& s) { return s.resources.memory == 64U << 20; }},
      {"mem_limit: 0, cpus: 0", [](const auto& s) { return !s.resources.memory && !s.resources.nano_cpus; }},
      {"pids_limit: -1, cpuset: \"0-1\", cpu_shares: 512",
       [](const auto& s) {
         return s.resources.pids == -1 && s.resources.cpuset == "0-1" && s.resources.cpu_shares == 512U;
       }},
      {"blkio_config: {weight: 300, device_read_bps: [{path: /dev/sda, rate: 12mb}]}",
       [](const auto& s) {
         return s.resources.blkio.weight == 300 && s.resources.blkio.device_read_bps.at(0).rate == 12U << 20;
       }},
      {"oom_score_adj: -500, init: true, privileged: true, read_only: true",
       [](const auto& s) {
         return s.oom_score_adj == -500 && s.init == true && s.privileged && s.read_only;
       }},
      {"stop_signal: quit, stop_grace_period: 1m",
       [](const auto& s) { return s.stop_signal == "SIGQUIT" && s.stop_grace_period == 60s; }},
      {"labels: [a=b, c]",
       [](const auto& s) {
         return s.labels == std::map<std::string, std::string>{{"a", "b"}, {"c", ""}};
       }},
  };
  for (const Case& c : cases) EXPECT_TRUE(c.holds(service_of(c.keys))) << c.keys;
}

}  // namespace
}  // namespace stack
