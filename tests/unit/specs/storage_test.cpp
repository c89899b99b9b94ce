// Images, builds, volumes, configs and secrets: what is accepted, and what it means.
#include <algorithm>
#include <chrono>

#include "specs/canonical.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;
using Map = std::map<std::string, std::string>;
using Kind = ImageRef::Kind;
using Policy = PullPolicy::Kind;

// Service "a" with these keys, of a file that has volumes, configs and secrets to be named.
ServiceSpec service_with(const std::string& keys) {
  const StackSpec spec = spec_of("services: {a: {" + keys + R"(}, b: {image: "host:"}}
volumes: {data: , other: {name: elsewhere}, ext: {external: true}}
configs: {conf: {content: x}}
secrets: {key: {file: ./key.txt}}
)");
  const auto it = spec.services.find("a");
  return it == spec.services.end() ? ServiceSpec{} : it->second;
}

struct Case {
  const char* keys;
  bool (*holds)(const ServiceSpec&);
};

void check_all(const std::string& before, std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_TRUE(c.holds(service_with(before + c.keys))) << c.keys;
}

TEST(Images, AreReadInEveryForm) {
  check_all(
      "",
      {
          {"image: redis", [](const auto& s) { return s.image.name == "docker.io/library/redis:latest"; }},
          {"image: \"docker://ghcr.io/x/y:1\"",
           [](const auto& s) { return s.image.name == "ghcr.io/x/y:1"; }},
          {"image: \"oci:/l:7\"",
           [](const auto& s) {
             return s.image.kind == Kind::oci && s.image.path == "/l" && s.image.name == "7";
           }},
          {"image: \"rootfs:/r\"", [](const auto& s) { return s.image.kind == Kind::rootfs; }},
          {"build: .", [](const auto& s) { return s.image.name == "docker.io/library/shop-a:latest"; }},
          {"build: ., image: r.io/x", [](const auto& s) { return s.image.name == "r.io/x:latest"; }},
          // The image may have a check, wherever it is said.
          {"healthcheck: {interval: 5s}, image: redis",
           [](const auto& s) { return s.healthcheck->interval == 5s && s.healthcheck->test.empty(); }},
          {"healthcheck: {interval: 5s}, build: .", [](const auto& s) { return s.healthcheck.has_value(); }},
      });
  const StackSpec spec = spec_of(
      "services:\n  a: {image: redis}\n  b: {image: \"host:\", depends_on: {a: {condition: "
      "service_healthy}}}\n");
  EXPECT_EQ(spec.services.at("b").depends_on.at("a").condition, DependsCondition::service_healthy);
}

TEST(Images, ArePulledWhenTheFileSays) {
  const std::pair<const char*, PullPolicy> cases[] = {
      {"missing", {Policy::missing, 0s}},  {"if_not_present", {Policy::missing, 0s}},
      {"always", {Policy::always, 0s}},    {"never", {Policy::never, 0s}},
      {"daily", {Policy::every, 24h}},     {"weekly", {Policy::every, 168h}},
      {"every_12h", {Policy::every, 12h}}, {"every_1w2d3h4m5s", {Policy::every, 219h + 4min + 5s}},
  };
  for (const auto& [text, policy] : cases)
    EXPECT_EQ(service_with(std::string("image: x, pull_policy: ") + text).pull_policy, policy) << text;
  EXPECT_EQ(service_with("build: ., pull_policy: build").pull_policy.kind, Policy::build);
  EXPECT_EQ(service_with("image: x").pull_policy, PullPolicy{});
}

TEST(Images, HaveAPlatform) {
  const std::pair<const char*, const char*> cases[] = {
      {"linux/arm64", "linux/arm64"}, {"linux/arm/v7", "linux/arm/v7"}, {"arm64", "linux/arm64"}};
  for (const auto& [text, platform] : cases)
    EXPECT_EQ(service_with(std::string("image: x, platform: ") + text).platform, platform);
}

TEST(Build, HasEveryKeyThatBuildahKeeps) {
  Folder folder;
  folder.options.environment = {{"HOME", "/home/me"}, {"FROM_ENV", "yes"}};
  folder.write("compose.yaml", R"(services:
  a:
    build:
      context: src
      dockerfile: docker/File
      args: [ONE=1, FROM_ENV, NOWHERE]
      target: prod
      labels: {l: m}
      secrets: [key, {source: other, target: other}]
      ssh: [default, "id=~/.ssh/key,k2"]
      cache_from: [r.io/cache, "type=registry,ref=r.io/c2"]
      cache_to: [r.io/cache]
      platforms: [linux/amd64, linux/arm64]
      tags: ["shop/web:2", "shop/web:2"]
      additional_contexts: {near: ../near, img: "docker-image://alpine", web: "https://x/y.git"}
      extra_hosts: ["a=1.2.3.4"]
      network: host
      no_cache: true
      pull: true
      shm_size: 1m
      privileged: false
      provenance: false
      isolation: default
      x-mine: 5
  b: {build: "https://github.com/x/y.git#main"}
  c: {build: {dockerfile_inline: "FROM x"}}
  d: {build: {context: "git@github.com:x/y", dockerfile: sub/File, ssh: {default: , k: key}, network: default}}
secrets: {key: {file: k}, other: {environment: FROM_ENV}}
)");
  const StackSpec spec = folder.spec();
  ASSERT_EQ(spec.services.size(), 4U);
  const BuildSpec& a = *spec.services.at("a").build;
  const std::string& root = folder.path();
  EXPECT_EQ(a.context, root + "/src");
  EXPECT_EQ(a.dockerfile, root + "/src/docker/File");
  EXPECT_EQ(a.args, (Map{{"FROM_ENV", "yes"}, {"ONE", "1"}}));
  EXPECT_EQ(a.target, "prod");
  EXPECT_EQ(a.labels, (Map{{"l", "m"}}));
  EXPECT_EQ(a.secrets, (Words{"key", "other"}));
  EXPECT_EQ(a.ssh, (Words{"default", "id=/home/me/.ssh/key," + root + "/k2"}));
  EXPECT_EQ(a.cache_from, (Words{"r.io/cache", "r.io/c2"}));
  EXPECT_EQ(a.cache_to, Words{"r.io/cache"});
  EXPECT_EQ(a.platforms, (Words{"linux/amd64", "linux/arm64"}));
  EXPECT_EQ(a.tags, Words{"docker.io/shop/web:2"});
  const std::string near = root.substr(0, root.rfind('/')) + "/near";
  EXPECT_EQ(a.additional_contexts,
            (Map{{"img", "docker-image://alpine"}, {"near", near}, {"web", "https://x/y.git"}}));
  EXPECT_EQ(a.extra_hosts.at("a"), Words{"1.2.3.4"});
  EXPECT_EQ(a.network, "host");
  EXPECT_TRUE(a.no_cache && a.pull && a.shm_size == 1 << 20);
  EXPECT_EQ(spec.services.at("b").build->context, "https://github.com/x/y.git#main");
  EXPECT_EQ(spec.services.at("c").build->context, root);
  EXPECT_EQ(spec.services.at("c").build->dockerfile_inline, "FROM x");
  EXPECT_EQ(spec.services.at("d").build->context, "git@github.com:x/y");
  EXPECT_EQ(spec.services.at("d").build->dockerfile, "sub/File");
  EXPECT_EQ(spec.services.at("d").build->ssh, (Words{"default", "k=" + root + "/key"}));
}

TEST(Mounts, HaveAShortForm) {
  check_all("image: \"host:\", volumes: ",
            {
                {"[\"data:/d\"]",
                 [](const auto& s) {
                   const Mount& m = s.mounts.at(0);
                   return m.type == Mount::Type::volume && m.source == "shop_data" && m.target == "/d" &&
                          !m.read_only;
                 }},
                {"[\"other:/d:ro,z,nocopy\"]",
                 [](const auto& s) {
                   const Mount& m = s.mounts.at(0);
                   return m.source == "elsewhere" && m.read_only && m.selinux == "z" && m.nocopy;
                 }},
                {"[\"ext:/d/:rw\"]",
                 [](const auto& s) { return s.mounts.at(0).source == "ext" && s.mounts[0].target == "/d"; }},
                {"[/anonymous]",
                 [](const auto& s) {
                   return s.mounts.at(0).type == Mount::Type::volume && s.mounts[0].source.empty();
                 }},
                {"[\"/x:/d:Z,rslave,cached\"]",
                 [](const auto& s) {
                   const Mount& m = s.mounts.at(0);
                   return m.type == Mount::Type::bind && m.selinux == "Z" && m.propagation == "rslave" &&
                          m.create_host_path;
                 }},
                {"[\"data:/b\", \"data:/a\"]",
                 [](const auto& s) { return s.mounts.size() == 2 && s.mounts[0].target == "/a"; }},
            });
}

TEST(Mounts, HaveALongForm) {
  check_all("image: \"host:\", volumes: ",
            {
                {"[{type: volume, source: data, target: /d, volume: {nocopy: true, subpath: a/b}}]",
                 [](const auto& s) {
                   const Mount& m = s.mounts.at(0);
                   return m.source == "shop_data" && m.nocopy && m.subpath == "a/b" && !m.create_host_path;
                 }},
                {"[{type: volume, target: /d, read_only: true}]",
                 [](const auto& s) { return s.mounts.at(0).source.empty() && s.mounts[0].read_only; }},
                {"[{type: volume, source: data, target: /d, bind: {selinux: Z}}]",
                 [](const auto& s) { return s.mounts.at(0).selinux == "Z"; }},
                {"[{type: bind, source: /x, target: /d}]",
                 [](const auto& s) { return s.mounts.at(0).create_host_path && s.mounts[0].recursive; }},
                {"[{type: bind, source: /x, target: /d, consistency: cached, bind: {create_host_path: false, "
                 "selinux: z, propagation: shared, recursive: readonly}}]",
                 [](const auto& s) {
                   const Mount& m = s.mounts.at(0);
                   return !m.create_host_path && m.selinux == "z" && m.propagation == "shared" && m.recursive;
                 }},
                {"[{type: image, source: \"tools:1\", target: /t, image: {subpath: bin}}]",
                 [](const auto& s) {
                   const Mount& m = s.mounts.at(0);
                   return m.type == Mount::Type::image && m.image.name == "docker.io/library/tools:1" &&
                          m.source.empty() && m.read_only && m.subpath == "bin";
                 }},
                {"[{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: \"1770\"}}]",
                 [](const auto& s) { return s.mounts.at(0).size == 1 << 20 && s.mounts[0].mode == 01770; }},
                {"[{type: tmpfs, target: /t, tmpfs: {mode: 0700}}]",
                 [](const auto& s) { return s.mounts.at(0).mode == 0700; }},
            });
}

TEST(Mounts, ComeFromOtherServicesToo) {
  check_all(
      "image: \"host:\", ",
      {
          {"volumes_from: [b]",
           [](const auto& s) {
             return s.volumes_from.at(0) == VolumesFrom{"b", false} && s.depends_on.at("b").implicit;
           }},
          {"volumes_from: [\"b:ro\"], depends_on: [b]",
           [](const auto& s) { return s.volumes_from.at(0).read_only && !s.depends_on.at("b").implicit; }},
          {"volumes_from: [\"b:ro\", \"b:rw\"]",
           [](const auto& s) { return s.volumes_from.size() == 1 && !s.volumes_from[0].read_only; }},
          {"shm_size: 128m", [](const auto& s) { return s.shm_size == 128 << 20; }},
          {"shm_size: 1g, ipc: \"service:b\"", [](const auto& s) { return s.shm_size == 0; }},
      });
}

TEST(ConfigsAndSecrets, AreFilesOfTheContainer) {
  check_all(
      "image: \"host:\", ",
      {
          {"configs: [conf], secrets: [key]",
           [](const auto& s) {
             return s.configs.at(0).source == "conf" && s.configs[0].target == "/conf" &&
                    s.secrets.at(0).target == "/run/secrets/key" && s.secrets[0].mode == 0444;
           }},
          {"secrets: [{source: key, target: sub/server.key, uid: \"103\", gid: 104, mode: \"0440\"}]",
           [](const auto& s) {
             const FileMount& m = s.secrets.at(0);
             return m.target == "/run/secrets/sub/server.key" && m.uid == 103 && m.gid == 104 &&
                    m.mode == 0440;
           }},
          {"secrets: [{source: key, target: /etc/key, mode: 0o400}]",
           [](const auto& s) { return s.secrets.at(0).target == "/etc/key" && s.secrets[0].mode == 0400; }},
          {"configs: [{source: conf, target: etc/x, mode: 0755}]",
           [](const auto& s) { return s.configs.at(0).target == "/etc/x" && s.configs[0].mode == 0555; }},
          {"configs: [{source: conf, mode: 288}]",
           [](const auto& s) { return s.configs.at(0).mode == 0440; }},
          {"configs: [{source: conf, target: /b}, {source: conf, target: /a}]",
           [](const auto& s) { return s.configs.size() == 2 && s.configs[0].target == "/a"; }},
      });
}

TEST(TopLevel, HasVolumesConfigsAndSecrets) {
  Folder folder;
  folder.options.environment = {{"PASSWORD", "hunter2"}};
  folder.write("compose.yaml", R"(services: {a: {image: "host:"}}
volumes:
  plain:
  named: {name: n, labels: [a=b], driver: local}
  memory: {driver_opts: {type: tmpfs, o: "size=1m"}}
  folder: {driver_opts: {type: none, o: "bind,ro", device: ./here}}
  server: {driver_opts: {type: nfs, o: "rw,addr=10.0.0.1", device: ":/export"}}
  outside: {external: true}
  old: {external: {name: there}}
configs:
  inline: {content: "a$$b"}
  variable: {environment: PASSWORD}
secrets:
  file: {file: ~/key, labels: {c: d}}
  variable: {environment: PASSWORD}
  outside: {external: true, name: there}
)");
  folder.options.environment["HOME"] = "/home/me";
  const StackSpec spec = folder.spec();
  ASSERT_EQ(spec.volumes.size(), 7U);  // those that nobody uses too
  EXPECT_EQ(spec.volumes.at("plain").name, "shop_plain");
  EXPECT_EQ(spec.volumes.at("named").name, "n");
  EXPECT_EQ(spec.volumes.at("named").labels, (Map{{"a", "b"}}));
  EXPECT_EQ(spec.volumes.at("memory").driver_opts, (Map{{"o", "size=1m"}, {"type", "tmpfs"}}));
  EXPECT_EQ(spec.volumes.at("folder").driver_opts.at("device"), folder.path() + "/here");
  EXPECT_EQ(spec.volumes.at("server").driver_opts.at("device"), ":/export");
  EXPECT_TRUE(spec.volumes.at("outside").external && spec.volumes.at("old").external);
  EXPECT_EQ(spec.volumes.at("outside").name, "outside");
  EXPECT_EQ(spec.volumes.at("old").name, "there");
  EXPECT_EQ(spec.configs.at("inline").content, "a$b");
  EXPECT_EQ(spec.configs.at("variable").environment, "PASSWORD");
  EXPECT_FALSE(spec.configs.at("variable").content);
  EXPECT_EQ(spec.secrets.at("file").file, "/home/me/key");
  EXPECT_EQ(spec.secrets.at("file").name, "shop_file");
  EXPECT_EQ(spec.secrets.at("outside").name, "there");
  EXPECT_TRUE(spec.secrets.at("outside").external);
  EXPECT_EQ(to_wire(spec).find("hunter2"), std::string::npos);
}

// What the model keeps of where it was read from.
std::string without_places(StackSpec spec) {
  spec.files.clear();
  spec.working_dir.clear();
  for (auto& [name, service] : spec.services) service.positions.clear();
  return to_wire(spec);
}

TEST(Storage, IsReadAgainFromItsOwnOutput) {
  const StackSpec spec = spec_of(R"(services:
  a:
    build: {context: src, args: {A: "x$$y"}, dockerfile_inline: "FROM x\nRUN y\n", ssh: [default], tags: [t],
            cache_from: [r.io/c], additional_contexts: {n: ../n}, extra_hosts: [a=::1], secrets: [key],
            shm_size: 1m, platforms: [linux/amd64], labels: {l: m}, no_cache: true, pull: true, network: none}
    pull_policy: every_36h
    platform: linux/amd64
    command: []
    volumes:
      - data:/data:z,nocopy,ro
      - /anonymous
      - ./x:/x:Z,rshared
      - {type: bind, source: /y, target: /y, bind: {create_host_path: false, recursive: disabled}}
      - {type: image, source: "oci:./layout:7", target: /i, image: {subpath: s}}
      - {type: volume, source: ext, target: /e, volume: {subpath: s}}
      - {type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0700}}
    tmpfs: ["/run:noexec,ro,mode=755"]
    configs: [conf, {source: conf, target: /c, mode: 0755}]
    secrets: [{source: key, uid: "5", gid: "6", mode: "0400"}]
    shm_size: 64m
  b: {image: "r.io/x/y:1", volumes_from: ["a:ro"], healthcheck: {interval: 5s}, pull_policy: daily}
  c: {image: "docker-archive:./x.tar:n", healthcheck: {disable: true}, network_mode: "service:b"}
volumes: {data: {driver_opts: {type: nfs, device: "h:/x"}, labels: {a: b}}, ext: {external: {name: there}}}
configs: {conf: {content: "a$$b\n"}, empty: {content: ""}}
secrets: {key: {file: ./k}, out: {external: true}}
)");
  ASSERT_EQ(spec.services.size(), 3U);
  const std::string text = to_yaml(spec);
  const StackSpec again = spec_of(text);
  EXPECT_EQ(to_yaml(again), text);
  EXPECT_EQ(without_places(again), without_places(spec)) << text;
  EXPECT_EQ(without_places(spec_of(to_json(spec))), without_places(spec));
  EXPECT_NE(text.find("image: r.io/x/y:1\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace stack
