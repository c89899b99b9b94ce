#include "specs/canonical.h"

#include <gtest/gtest.h>

namespace stack {
namespace {

using namespace std::chrono_literals;

// A model that has something in every field.
StackSpec rich() {
  StackSpec spec;
  spec.name = "shop";
  spec.working_dir = "/srv/shop";
  spec.files = {"/srv/shop/compose.yaml"};
  spec.networks["back"] = {"back",     "shop_back", true, false, "10.1.0.0/24",
                           "10.1.0.1", "",          "",   1400,  {{"a", "b"}}};
  ServiceSpec& web = spec.services["web"];
  web.name = "web";
  web.container_name = "shop-web-1";
  web.image.kind = ImageRef::Kind::rootfs;
  web.image.path = "/srv/root";
  web.pull_policy = {PullPolicy::Kind::every, 36h};
  web.platform = "linux/arm64";
  web.build.emplace().context = "/srv/shop";
  web.build->extra_hosts["gate"] = {"10.0.0.1"};
  web.entrypoint = std::vector<std::string>{};
  web.command = std::vector<std::string>{"sh", "-c", "echo $HOME", "yes", "12", "a: b", "new\nline", "\x1b"};
  web.environment = {{"PRICE", "5$"}, {"EMPTY", ""}};
  web.depends_on["db"] = {DependsCondition::service_healthy, true, false, false};
  web.healthcheck = Healthcheck{{"true"}, false, 90s, 1500ms, 0s, {}, 2};
  web.restart = {RestartPolicy::Kind::on_failure, 3};
  web.ipc = {NamespaceMode::Kind::own, "", true};
  web.networks["back"] = {{"www"}, "10.1.0.9", ""};
  NetworkAttachment& back = web.networks["back"];
  back.mac_address = "02:42:ac:11:00:02";
  back.interface_name = "lan0";
  back.link_local_ips = {"169.254.7.7"};
  back.sysctls = {{"net.ipv4.conf.IFNAME.log_martians", "1"}};
  back.priority = 5;
  back.gw_priority = -1;
  web.mac_address = "02:42:ac:11:00:02";
  web.links = {{"db", "store"}};
  web.ports = {{"127.0.0.1", 8080, 80, "tcp"}, {"", 8000, 81, "sctp", 8009, "host", "metrics", "http"}};
  NetworkSpec& network = spec.networks["back"];
  network.enable_ipv4 = false;
  network.range4 = "10.1.0.128/25";
  network.range6 = "fd00::/80";
  network.aux4 = {{"router", "10.1.0.2"}};
  network.aux6 = {{"router", "fd00::2"}};
  network.bridge_name = "br-shop";
  network.host_binding4 = "127.0.0.1";
  network.icc = network.masquerade = false;
  network.interface_prefix = "net";
  web.bandwidth = {1000, 2000};
  Mount data;
  data.source = "/srv/data";
  data.target = "/data";
  data.read_only = true;
  data.recursive = false;
  Mount memory;
  memory.type = Mount::Type::tmpfs;
  memory.target = "/run";
  memory.read_only = true;
  memory.size = 65536;
  memory.mode = 0700;
  memory.options = {"noexec"};
  Mount store;
  store.type = Mount::Type::volume;
  store.source = "shop_store";
  store.target = "/store";
  store.selinux = "z";
  store.nocopy = true;
  store.subpath = "sub";
  Mount tools;
  tools.type = Mount::Type::image;
  tools.image.kind = ImageRef::Kind::registry;
  tools.image.name = "docker.io/library/tools:1";
  tools.target = "/tools";
  web.mounts = {data, memory, store, tools};
  web.volumes_from = {{"db", true}};
  web.configs.emplace_back().source = "nginx";
  web.configs[0].target = "/etc/nginx.conf";
  FileMount& password = web.secrets.emplace_back();
  password.source = "password";
  password.target = "/run/secrets/password";
  password.uid = 100;
  password.mode = 0400;
  web.shm_size = 1 << 20;
  spec.volumes["store"] = {"store", "shop_store", false, {{"type", "tmpfs"}}, {{"a", "b"}}};
  spec.configs["nginx"].content = "user $nobody;";
  spec.secrets["password"].content = "hunter2";
  spec.secrets["password"].environment = "PASSWORD";
  web.extra_hosts["gate"] = {"10.0.0.1", "::1"};
  web.cap_add = {"NET_ADMIN"};
  web.security.seccomp = SecurityOptions::Seccomp::unconfined;
  web.security.no_new_privileges = false;
  web.sysctls = {{"net.ipv4.ip_forward", "1"}};
  web.ulimits["nofile"] = {1024, -1};
  web.resources.nano_cpus = 1'500'000'000;
  web.resources.cpu_period = 50'000;
  web.resources.cpu_quota = 10'000;
  web.resources.mem_swappiness = 0;
  web.resources.oom_kill_disable = true;
  web.build->ulimits["nofile"] = {1, 2};
  web.restart.from_deploy = true;
  web.restart.delay = web.restart.window = 5s;
  web.post_start = {{{"true"}, "root", "/", true, {{"A", "$"}}}};
  web.pre_stop = {{{"false"}, "", "", false, {}}};
  web.develop = {{"/src", WatchRule::Action::sync_exec, "/app", {"a"}, {"b"}, true, web.pre_stop[0]}};
  web.attach = false;
  web.logging = Logging{false, "json-file", 4096, 2};
  web.stdin_open = web.tty = true;
  web.group_add = {"video"};
  web.expose = {"80"};
  web.cgroup_host = true;
  web.devices = {{"/dev/fuse", "/dev/f", "r"}};
  web.device_cgroup_rules = {"c 1:2 r"};
  web.annotations = {{"a", "b"}};
  web.resources.memory_swap = -1;
  web.resources.blkio.device_read_bps = {{"/dev/vda", 1 << 20}};
  web.oom_score_adj = -5;
  web.init = false;
  web.stop_signal = "SIGQUIT";
  web.stop_grace_period = 90s;
  web.positions["command"] = {"/srv/shop/compose.yaml", 7, 5};
  return spec;
}

TEST(Wire, GivesBackEveryFieldPositionsIncluded) {
  const std::string text = to_wire(rich());
  const auto again = from_wire(text);
  ASSERT_TRUE(again.ok()) << again.error().words;
  EXPECT_EQ(to_wire(*again), text);
  EXPECT_EQ(again->services.at("web").positions.at("command").line, 7);
  EXPECT_TRUE(again->services.at("web").entrypoint.has_value());
  EXPECT_FALSE(again->services.at("web").depends_on.at("db").required);
  EXPECT_EQ(service_hash(recreate_keys(again->services.at("web"))),
            service_hash(recreate_keys(rich().services.at("web"))));
}

// Else a key that a later version learns would make every container anew.
TEST(Wire, AKeyThatIsNotSetIsNeitherWrittenNorHashed) {
  EXPECT_TRUE(recreate_keys(ServiceSpec{}).empty());
  ServiceSpec service;
  service.command = {"true"};
  const auto keys = recreate_keys(service);
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_TRUE(keys.contains("command"));
  EXPECT_EQ(to_wire(StackSpec{}), "{}");
}

TEST(Wire, RefusesWhatIsNoSpecification) {
  for (const char* text :
       {"", "[]x", "{\"services\": 3}", "{\"services\": {\"a\": {\"command\": \"x\"}}}", "\xff"}) {
    EXPECT_FALSE(from_wire(text).ok()) << text;
  }
}

TEST(Canonical, QuotesWhatYamlWouldTakeForSomethingElse) {
  const std::string text = to_yaml(rich());
  EXPECT_NE(text.find("      - \"yes\"\n      - \"12\"\n      - \"a: b\"\n      - \"new\\nline\"\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("PRICE: \"5$$\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("interval: \"1m30s\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("timeout: \"1s500ms\"\n"), std::string::npos) << text;
}

TEST(Canonical, NeverShowsWhatIsInASecret) {
  for (const std::string& text : {to_yaml(rich()), to_json(rich())}) {
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    EXPECT_NE(text.find("PASSWORD"), std::string::npos) << text;
    EXPECT_NE(text.find("user $$nobody;"), std::string::npos) << text;
  }
}

TEST(Canonical, SaysWhatIsWeakerThanTheDefault) {
  const std::string text = to_yaml(rich());
  for (const char* words : {"seccomp=unconfined", "no-new-privileges:false", "NET_ADMIN"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words;
  }
}

// Each change and the one key that is to be blamed for it.
TEST(ServiceHash, NamesTheKeyThatForcesAContainerToBeMadeAnew) {
  struct Case {
    const char* key;
    void (*change)(ServiceSpec&);
  };
  const Case cases[] = {
      {"command", [](ServiceSpec& s) { s.command->push_back("x"); }},
      {"command", [](ServiceSpec& s) { s.command.reset(); }},
      {"image", [](ServiceSpec& s) { s.image.path = "/other"; }},
      {"image", [](ServiceSpec& s) { s.image.id = "sha256:1"; }},
      {"platform", [](ServiceSpec& s) { s.platform = "linux/amd64"; }},
      {"volumes", [](ServiceSpec& s) { s.mounts.back().image.name = "docker.io/library/tools:2"; }},
      {"volumes_from", [](ServiceSpec& s) { s.volumes_from.clear(); }},
      {"configs /etc/nginx.conf", [](ServiceSpec& s) { s.configs[0].mode = 0400; }},
      {"secrets /run/secrets/password", [](ServiceSpec& s) { s.secrets[0].digest = "1"; }},
      {"secrets /run/secrets/password", [](ServiceSpec& s) { s.secrets.clear(); }},
      {"shm_size", [](ServiceSpec& s) { s.shm_size = 0; }},
      {"environment", [](ServiceSpec& s) { s.environment["A"] = "b"; }},
      {"user", [](ServiceSpec& s) { s.user = "www-data"; }},
      {"volumes", [](ServiceSpec& s) { s.mounts.pop_back(); }},
      {"security_opt", [](ServiceSpec& s) { s.security.seccomp = SecurityOptions::Seccomp::standard; }},
      {"cap_add", [](ServiceSpec& s) { s.cap_add.clear(); }},
      {"ulimits", [](ServiceSpec& s) { s.ulimits.clear(); }},
      {"userns_mode", [](ServiceSpec& s) { s.userns_host = true; }},
      {"sysctls", [](ServiceSpec& s) { s.sysctls.clear(); }},
      {"init", [](ServiceSpec& s) { s.init = true; }},
      {"networks", [](ServiceSpec& s) { s.networks.clear(); }},
      {"read_only", [](ServiceSpec& s) { s.read_only = true; }},
  };
  const auto before = recreate_keys(rich().services.at("web"));
  for (const Case& c : cases) {
    ServiceSpec changed = rich().services.at("web");
    c.change(changed);
    auto after = recreate_keys(changed);
    EXPECT_NE(service_hash(recreate_keys(changed)), service_hash(recreate_keys(rich().services.at("web"))))
        << c.key;
    auto rest = before;
    rest.erase(c.key);
    after.erase(c.key);
    EXPECT_EQ(after, rest) << c.key;
  }
}

TEST(ServiceHash, IsNotMovedByWhatCanBeChangedInPlace) {
  void (*const changes[])(ServiceSpec&) = {
      [](ServiceSpec& s) { s.depends_on.clear(); },     [](ServiceSpec& s) { s.healthcheck.reset(); },
      [](ServiceSpec& s) { s.restart = {}; },           [](ServiceSpec& s) { s.pull_policy = {}; },
      [](ServiceSpec& s) { s.build.reset(); },          [](ServiceSpec& s) { s.stop_signal = "SIGHUP"; },
      [](ServiceSpec& s) { s.stop_grace_period = 1s; }, [](ServiceSpec& s) { s.labels["x"] = "y"; },
      [](ServiceSpec& s) { s.ports.clear(); },          [](ServiceSpec& s) { s.resources = {}; },
      [](ServiceSpec& s) { s.bandwidth = {}; },         [](ServiceSpec& s) { s.networks["back"] = {}; },
      [](ServiceSpec& s) { s.networks["front"] = {}; }, [](ServiceSpec& s) { s.mac_address.clear(); },
      [](ServiceSpec& s) { s.links.clear(); },          [](ServiceSpec& s) { s.positions.clear(); },
  };
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    ServiceSpec changed = rich().services.at("web");
    changes[i](changed);
    EXPECT_EQ(service_hash(recreate_keys(changed)), service_hash(recreate_keys(rich().services.at("web"))))
        << "change " << i;
  }
}

TEST(Canonical, WritesAWordOfAMebibyte) {
  StackSpec spec = rich();
  spec.services.at("web").working_dir = "/" + std::string(1 << 20, 'a');
  EXPECT_NE(to_yaml(spec).find("working_dir: /aaaa"), std::string::npos);
}

TEST(Sha256, IsTheStandardOne) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace stack
