// Keys of the process, its resources, devices, hooks and logs: accepted forms, canonical form, refusals.
#include "specs/canonical.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

struct Accepted {
  const char* keys;
  bool (*holds)(const ServiceSpec& service);
  // What `config` shows of it, a part of the text; "" is nothing of the key.
  const char* shown;
};

void expect_all(std::initializer_list<Accepted> cases) {
  for (const Accepted& one : cases) {
    const StackSpec spec =
        spec_of(std::string("services:\n  a:\n    image: \"host:\"\n    ") + one.keys + "\n");
    ASSERT_TRUE(spec.services.contains("a")) << one.keys;
    EXPECT_TRUE(one.holds(spec.services.at("a"))) << one.keys;
    const std::string text = to_yaml(spec);
    EXPECT_NE(text.find(one.shown), std::string::npos) << one.keys << "\n" << text;
    EXPECT_EQ(to_yaml(spec_of(text)), text) << one.keys;
    const auto again = from_wire(to_wire(spec));
    ASSERT_TRUE(again.ok()) << one.keys;
    EXPECT_EQ(to_yaml(*again), text) << one.keys;
  }
}

TEST(Keys, OfTheProcess) {
  expect_all({
      {"attach: false", [](const auto& s) { return s.attach == false; }, "    attach: false\n"},
      {"attach: true", [](const auto& s) { return !s.attach; }, ""},
      {"tty: true", [](const auto& s) { return s.tty == true; }, "    tty: true\n"},
      {"tty: false", [](const auto& s) { return !s.tty; }, ""},
      {"stdin_open: yes", [](const auto& s) { return s.stdin_open == true; }, "    stdin_open: true\n"},
      {"group_add: [audio, 44, audio]",
       [](const auto& s) {
         return s.group_add == Words{"audio", "44"};
       },
       "    group_add:\n      - audio\n      - \"44\"\n"},
      {"expose: [3000, \"8000-8010/udp\", 3000]",
       [](const auto& s) {
         return s.expose == Words{"3000", "8000-8010/udp"};
       },
       "    expose:\n      - \"3000\"\n      - \"8000-8010/udp\"\n"},
      {"annotations: [a.b=c]", [](const auto& s) { return s.annotations.at("a.b") == "c"; },
       "    annotations:\n      a.b: c\n"},
      {"annotations: {count: 5}", [](const auto& s) { return s.annotations.at("count") == "5"; },
       "    annotations:\n      count: \"5\"\n"},
      {"cgroup: host", [](const auto& s) { return s.cgroup_host == true; }, "    cgroup: host\n"},
      {"cgroup: private", [](const auto& s) { return !s.cgroup_host; }, ""},
  });
}

TEST(Keys, OfResources) {
  expect_all({
      {"cpu_period: 50000", [](const auto& s) { return s.resources.cpu_period == 50000U; },
       "    cpu_period: \"50000\"\n"},
      {"cpu_quota: \"25000\"", [](const auto& s) { return s.resources.cpu_quota == 25000U; },
       "    cpu_quota: \"25000\"\n"},
      {"cpu_quota: -1", [](const auto& s) { return !s.resources.cpu_quota; }, ""},
      {"mem_swappiness: 0", [](const auto& s) { return s.resources.mem_swappiness == 0; },
       "    mem_swappiness: \"0\"\n"},
      {"mem_swappiness: -1", [](const auto& s) { return !s.resources.mem_swappiness; }, ""},
      {"oom_kill_disable: true", [](const auto& s) { return s.resources.oom_kill_disable == true; },
       "    oom_kill_disable: true\n"},
      {"oom_kill_disable: false", [](const auto& s) { return !s.resources.oom_kill_disable; }, ""},
  });
}

TEST(Keys, OfDevices) {
  expect_all({
      {"devices: [/dev/fuse]",
       [](const auto& s) {
         return s.devices == std::vector<DeviceMapping>{{"/dev/fuse", "/dev/fuse", "rwm"}};
       },
       "    devices:\n      - source: /dev/fuse\n        target: /dev/fuse\n        permissions: rwm\n"},
      {"devices: [\"/dev/ttyUSB0:/dev/modem:rw\"]",
       [](const auto& s) {
         return s.devices.at(0) == DeviceMapping{"/dev/ttyUSB0", "/dev/modem", "rw"};
       },
       "target: /dev/modem\n"},
      {"devices: [\"/dev/fuse:r\"]",
       [](const auto& s) {
         return s.devices.at(0) == DeviceMapping{"/dev/fuse", "/dev/fuse", "r"};
       },
       "permissions: r\n"},
      {"devices: [{source: /dev/fuse, target: /dev/f, permissions: m}]",
       [](const auto& s) {
         return s.devices.at(0) == DeviceMapping{"/dev/fuse", "/dev/f", "m"};
       },
       "permissions: m\n"},
      {"devices: [\"/dev/a:/dev/x\", \"/dev/b:/dev/x\"]",
       [](const auto& s) { return s.devices.size() == 1 && s.devices.at(0).source == "/dev/b"; },
       "source: /dev/b\n"},
      {"device_cgroup_rules: [\"c 189:* rmw\", \"a *:* r\"]",
       [](const auto& s) {
         return s.device_cgroup_rules == Words{"c 189:* rmw", "a *:* r"};
       },
       "    device_cgroup_rules:\n"},
      {"gpus: []", [](const auto& s) { return s.devices.empty(); }, ""},
  });
}

TEST(Keys, OfUpdates) {
  using OnFailure = UpdateConfig::OnFailure;
  expect_all({
      {"deploy: {update_config: {}}",
       [](const auto& s) {
         return s.update_config == UpdateConfig{1, 0s, 5s, OnFailure::pause, 0} && !s.rollback_config;
       },
       "    deploy:\n      update_config:\n        parallelism: 1\n        failure_action: pause\n"
       "        monitor: \"5s\"\n        order: stop-first\n"},
      {"deploy: {update_config: {parallelism: 0, delay: 10s, failure_action: rollback, monitor: 1m, "
       "max_failure_ratio: 0.25, order: stop-first}}",
       [](const auto& s) {
         return s.update_config == UpdateConfig{0, 10s, 60s, OnFailure::roll_back, 250'000'000};
       },
       "        parallelism: 0\n        delay: \"10s\"\n        failure_action: rollback\n        monitor: "
       "\"1m\"\n"
       "        max_failure_ratio: 0.25\n"},
      {"deploy: {update_config: {monitor: 0s, failure_action: continue, max_failure_ratio: 0}}",
       [](const auto& s) {
         return s.update_config == UpdateConfig{1, 0s, 5s, OnFailure::go_on, 0};
       },
       "        failure_action: continue\n"},
      {"deploy: {rollback_config: {parallelism: 2, failure_action: continue}}",
       [](const auto& s) {
         return !s.update_config && s.rollback_config == UpdateConfig{2, 0s, 5s, OnFailure::go_on, 0};
       },
       "      rollback_config:\n        parallelism: 2\n"},
  });
}

TEST(Keys, OfTheRestartPolicy) {
  using Kind = RestartPolicy::Kind;
  expect_all({
      {"deploy: {restart_policy: {}}", [](const auto& s) { return s.restart.kind == Kind::always; },
       "    deploy:\n      restart_policy:\n        condition: any\n"},
      {"deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}}",
       [](const auto& s) {
         return s.restart == RestartPolicy{Kind::on_failure, 3, true, 5s, 120s};
       },
       "        condition: on-failure\n        delay: \"5s\"\n        max_attempts: 3\n        window: "
       "\"2m\"\n"},
      {"deploy: {restart_policy: {condition: none}}",
       [](const auto& s) { return s.restart.kind == Kind::no; }, "condition: none\n"},
      {"deploy: {restart_policy: {delay: 0s, window: 0s}}",
       [](const auto& s) { return !s.restart.delay && !s.restart.window; }, "condition: any\n"},
      // The deploy key wins, wherever it stands.
      {"restart: always\n    deploy: {restart_policy: {condition: on-failure}}",
       [](const auto& s) { return s.restart.kind == Kind::on_failure; }, "condition: on-failure\n"},
      {"deploy: {restart_policy: {condition: on-failure}}\n    restart: always",
       [](const auto& s) { return s.restart.kind == Kind::on_failure; }, "condition: on-failure\n"},
      {"restart: on-failure:2", [](const auto& s) { return s.restart.max_retries == 2; },
       "    restart: on-failure:2\n"},
  });
}

TEST(Keys, OfHooks) {
  expect_all({
      {"post_start: [{command: \"sh -c 'echo a b'\"}]",
       [](const auto& s) {
         return s.post_start.at(0).command == Words{"sh", "-c", "echo a b"};
       },
       "    post_start:\n      - command:\n          - sh\n          - \"-c\"\n          - \"echo a b\"\n"},
      {"pre_stop: [{command: [a], user: root, privileged: true, working_dir: /x, environment: [K=V]}, "
       "{command: [b]}]",
       [](const auto& s) {
         return s.pre_stop.size() == 2 && s.pre_stop[0] == Hook{{"a"}, "root", "/x", true, {{"K", "V"}}};
       },
       "        user: root\n        privileged: true\n        working_dir: /x\n        environment:\n        "
       "  K: V\n"},
  });
}

TEST(Keys, OfDevelop) {
  using Action = WatchRule::Action;
  expect_all({
      {"develop: {watch: [{path: /src, action: rebuild}]}",
       [](const auto& s) { return s.develop.at(0).path == "/src" && s.develop[0].action == Action::rebuild; },
       "    develop:\n      watch:\n        - path: /src\n          action: rebuild\n"},
      {"develop: {watch: [{path: /src/./x/, action: sync, target: /app, ignore: node_modules/, "
       "include: [\"*.py\", a$$b], initial_sync: true}]}",
       [](const auto& s) {
         const WatchRule& rule = s.develop.at(0);
         return rule.path == "/src/x" && rule.target == "/app" && rule.ignore == Words{"node_modules/"} &&
                rule.include == Words{"*.py", "a$b"} && rule.initial_sync;
       },
       "          target: /app\n          ignore:\n            - node_modules/\n          include:\n"
       "            - \"*.py\"\n            - \"a$$b\"\n          initial_sync: true\n"},
      {"develop: {watch: [{path: /a, action: restart}, {path: /b, action: sync+restart, target: /b}]}",
       [](const auto& s) {
         return s.develop.at(0).action == Action::restart && s.develop.at(1).action == Action::sync_restart;
       },
       "action: sync+restart\n"},
      {"develop: {watch: [{path: /a, action: sync+exec, target: /b, exec: {command: kill -HUP 1, user: root, "
       "privileged: true, working_dir: /x, environment: {K: V}}}], x-more: 1}",
       [](const auto& s) {
         return s.develop.at(0).exec == Hook{{"kill", "-HUP", "1"}, "root", "/x", true, {{"K", "V"}}};
       },
       "          action: sync+exec\n          target: /b\n          exec:\n            command:\n"
       "              - kill\n"},
      {"develop:", [](const auto& s) { return s.develop.empty(); }, ""},
      {"develop: {watch: []}", [](const auto& s) { return s.develop.empty(); }, ""},
  });
}

TEST(Keys, OfLogging) {
  expect_all({
      {"logging: {driver: none}", [](const auto& s) { return s.logging->none; },
       "    logging:\n      driver: none\n"},
      {"logging: {driver: json-file, options: {max-size: 10k, max-file: \"3\"}}",
       [](const auto& s) { return s.logging->max_size == 10240 && s.logging->max_files == 3; },
       "      driver: json-file\n      options:\n        max-file: \"3\"\n        max-size: \"10240\"\n"},
      {"logging: {driver: local}", [](const auto& s) { return !s.logging->none; }, "driver: local\n"},
      {"logging: {options: {max-file: 2}}", [](const auto& s) { return s.logging->max_files == 2; },
       "max-file: \"2\"\n"},
  });
}

TEST(Keys, OfLabelFilesLieBelowTheLabelsOfTheFile) {
  Folder folder;
  folder.write("a.labels", "com.example.a=from-a\ncom.example.b=from-a\nonly-a=\"x y\"\n");
  folder.write("b.labels", "com.example.b=from-b\n");
  folder.write("compose.yaml",
               "services:\n  a: {image: \"host:\", labels: {com.example.a: own}, label_file: [a.labels, "
               "./b.labels]}\n  b: {image: \"host:\", label_file: a.labels}\n");
  const StackSpec spec = folder.spec();
  EXPECT_EQ(spec.services.at("a").labels,
            (std::map<std::string, std::string>{
                {"com.example.a", "own"}, {"com.example.b", "from-b"}, {"only-a", "x y"}}));
  EXPECT_EQ(spec.services.at("b").labels.at("com.example.a"), "from-a");
}

// A service "a" with these keys from column 5 of line 3 on.
std::string said_of(const std::string& keys, Severity severity) {
  Folder folder;
  folder.write("compose.yaml", "services:\n  a:\n    " + keys + "\n    image: \"host:\"\n");
  std::string text;
  const Loaded loaded = folder.load();
  for (const Diagnostic& d : loaded.diagnostics.all())
    if (d.severity == severity)
      text += std::to_string(d.pos.line) + ":" + std::to_string(d.pos.column) + ": " + d.message + "\n";
  return text;
}

TEST(Keys, ThatCannotBeKeptSayWhy) {
  const std::pair<const char*, const char*> cases[] = {
      {"runtime: nvidia",
       "3:14: runtime of service \"a\" cannot be kept: there is no runtime below stack, which makes "
       "containers "
       "itself\n"},
      {"isolation: hyperv", "3:16: isolation of service \"a\" cannot be kept: it is of Windows\n"},
      {"credential_spec: {file: x}",
       "3:22: credential_spec of service \"a\" cannot be kept: it is of Windows\n"},
      {"cpu_count: 2", "3:16: cpu_count of service \"a\" cannot be kept: it is of Windows\n"},
      {"cpu_percent: 50", "3:18: cpu_percent of service \"a\" cannot be kept: it is of Windows\n"},
      {"cpu_rt_period: 1000",
       "3:20: cpu_rt_period of service \"a\" cannot be kept: cgroup v2 has no real-time share, and that of "
       "v1 is "
       "taken from the whole host\n"},
      {"cpu_rt_runtime: 95ms",
       "3:21: cpu_rt_runtime of service \"a\" cannot be kept: cgroup v2 has no real-time share, and that of "
       "v1 is "
       "taken from the whole host\n"},
      {"external_links: [db]",
       "3:21: external_links of service \"a\" cannot be kept: stacks do not reach into each other's "
       "networks\n"},
      {"models: [m]", "3:13: models of service \"a\" cannot be kept: there is no model runner here\n"},
      {"provider: {type: x}",
       "3:15: provider of service \"a\" cannot be kept: it is a plugin of Docker Compose's\n"},
      {"use_api_socket: true",
       "3:21: use_api_socket of service \"a\" cannot be kept: there is no Docker daemon whose socket it "
       "could "
       "be\n"},
      {"cgroup_parent: m-executor",
       "3:20: cgroup_parent of service \"a\" cannot be kept: all cgroups of a stack are below its own, which "
       "is "
       "what systemd hands over to it\n"},
      {"storage_opt: {size: 1G}",
       "3:18: storage_opt of service \"a\" cannot be kept: a writable layer is a folder of the host's file "
       "system, without a quota\n"},
      {"pull_refresh_after: 1d",
       "3:25: pull_refresh_after of service \"a\" cannot be kept: no version of Docker Compose reads it\n"},
      {"gpus: all",
       "3:11: gpus of service \"a\" cannot be kept: what a GPU needs is known to its vendor's tools alone\n"},
      {"deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}",
       "3:50: deploy.resources.reservations.devices of service \"a\" cannot be kept: what a GPU needs is "
       "known to "
       "its vendor's tools alone\n"},
      {"deploy: {mode: global-job}",
       "3:20: deploy.mode of service \"a\" cannot be kept: a job is of a swarm's managers\n"},
      {"devices: [nvidia.com/gpu=all]",
       "3:15: device \"nvidia.com/gpu=all\" of service \"a\" cannot be kept: a CDI name needs a registry of "
       "its "
       "vendor's\n"},
      {"logging: {driver: journald}",
       "3:23: logging driver \"journald\" of service \"a\" cannot be kept: stack keeps logs in files of its "
       "own\n"},
  };
  for (const auto& [keys, expected] : cases) EXPECT_EQ(said_of(keys, Severity::error), expected) << keys;
}

TEST(Keys, ThatSayNothingAreNoFault) {
  for (const char* keys : {"use_api_socket: false", "external_links: []", "storage_opt: {}", "cpu_count: 0",
                           "isolation: default", "cpu_rt_runtime: 0", "deploy: {mode: replicated}",
                           "logging: {options: {compress: false}}"}) {
    EXPECT_EQ(said_of(keys, Severity::error), "") << keys;
    EXPECT_EQ(said_of(keys, Severity::warning), "") << keys;
  }
}

TEST(Keys, ThatMeanNothingOnOneHostAreSaid) {
  const std::pair<const char*, const char*> cases[] = {
      {"deploy: {mode: global}",
       "3:20: deploy.mode of service \"a\" means nothing on one host: \"global\" is one container a "
       "machine\n"},
      {"deploy: {endpoint_mode: dnsrr}",
       "3:29: deploy.endpoint_mode of service \"a\" means nothing on one host: a name always leads to the "
       "container's own address\n"},
      {"deploy: {placement: {constraints: [x]}}",
       "3:25: deploy.placement of service \"a\" means nothing on one host: there is one place\n"},
      {"deploy: {labels: {a: b}}",
       "3:22: deploy.labels of service \"a\" means nothing on one host: they are a swarm's; \"labels\" are "
       "the "
       "container's\n"},
      {"deploy: {resources: {reservations: {cpus: 1}}}",
       "3:47: deploy.resources.reservations.cpus of service \"a\" means nothing on one host: it chooses a "
       "machine "
       "of a swarm\n"},
      {"develop: {watch: [{path: ., action: restart, target: /x}]}",
       "3:58: target in develop.watch of service \"a\" means nothing with action \"restart\"\n"},
      {"develop: {watch: [{path: ., action: restart, initial_sync: true}]}",
       "3:64: initial_sync in develop.watch of service \"a\" means nothing with action \"restart\"\n"},
      {"develop: {watch: [{path: ., action: sync, target: /x, exec: {command: a}}]}",
       "3:65: exec in develop.watch of service \"a\" means nothing with action \"sync\"\n"},
      {"logging: {options: {tag: x}}",
       "3:30: this option of logging of service \"a\" means nothing here: a log holds what was written, and "
       "when\n"},
      {"logging: {options: {mode: non-blocking}}",
       "3:31: this option of logging of service \"a\" means nothing here: no service waits for the disk\n"},
  };
  for (const auto& [keys, expected] : cases) {
    EXPECT_EQ(said_of(keys, Severity::warning), expected) << keys;
    EXPECT_EQ(said_of(keys, Severity::error), "") << keys;
  }
}

TEST(Keys, ThatAreWrongSayWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"cgroup: hots", "3:13: cgroup of service \"a\" must be private or host, not \"hots\"\n"},
      {"group_add: [\"a:b\"]",
       "3:17: group_add of service \"a\" must be the names or numbers of groups, not \"a:b\"\n"},
      {"expose: [\"80:80\"]",
       "3:14: expose of service \"a\" must be a port such as 80, 8000-8010 or \"53/udp\", not \"80:80\"\n"},
      {"label_file: none.labels", "3:17: open label_file \"none.labels\": No such file or directory\n"},
      {"cpu_period: 10",
       "3:17: cpu_period of service \"a\" must be a whole number from 1000 to 1000000, not \"10\"\n"},
      {"cpus: 1\n    cpu_quota: 5000", "4:5: cpu_quota and cpus of service \"a\" exclude each other\n"},
      {"mem_swappiness: 101",
       "3:21: mem_swappiness of service \"a\" must be a whole number from 0 to 100, not \"101\"\n"},
      {"devices: [dev/fuse]", "3:15: devices of service \"a\" needs an absolute path on the host\n"},
      {"devices: [\"/dev/fuse:/data/f\"]",
       "3:15: devices of service \"a\": target \"/data/f\" is not below /dev\n"},
      {"devices: [\"/dev/fuse:/dev/../f\"]",
       "3:15: devices of service \"a\": target \"/dev/../f\" is not below /dev\n"},
      {"devices: [\"/dev/fuse:/dev/pts/0\"]",
       "3:15: devices of service \"a\": \"/dev/pts/0\" is the container's own\n"},
      {"devices: [\"/dev/fuse:/dev/f:rx\"]", "3:15: devices of service \"a\": \"rx\" is not of r, w and m\n"},
      {"device_cgroup_rules: [\"x 1:2 r\"]",
       "3:27: device_cgroup_rules of service \"a\" must be a rule such as \"c 189:* rwm\", not \"x 1:2 "
       "r\"\n"},
      {"deploy: {restart_policy: {condition: anny}}",
       "3:42: deploy.restart_policy.condition of service \"a\" must be none, on-failure or any, not "
       "\"anny\"\n"},
      {"deploy: {restart_policy: {delay: 5}}",
       "3:38: deploy.restart_policy.delay of service \"a\" must be a duration such as \"5s\", not \"5\"\n"},
      {"deploy: {update_config: {parallelism: -1}}",
       "3:43: deploy.update_config.parallelism of service \"a\" must be a whole number from 0 to 2147483647, "
       "not "
       "\"-1\"\n"},
      {"deploy: {update_config: {failure_action: roll-back}}",
       "3:46: deploy.update_config.failure_action of service \"a\" must be pause, continue or rollback, not "
       "\"roll-back\"\n"},
      {"deploy: {rollback_config: {failure_action: rollback}}",
       "3:48: deploy.rollback_config.failure_action of service \"a\" must be pause or continue: nothing is "
       "behind "
       "what is rolled back to\n"},
      {"deploy: {update_config: {max_failure_ratio: 1.5}}",
       "3:49: deploy.update_config.max_failure_ratio of service \"a\" must be a number from 0 to 1, not "
       "\"1.5\"\n"},
      {"deploy: {update_config: {order: start-first}}",
       "3:37: deploy.update_config.order of service \"a\" \"start-first\" is not supported yet\n"},
      {"deploy: {update_config: {order: stop}}",
       "3:37: deploy.update_config.order of service \"a\" must be stop-first or start-first, not \"stop\"\n"},
      {"deploy: {update_config: {delay: 5}}",
       "3:37: deploy.update_config.delay of service \"a\" must be a duration such as \"5s\", not \"5\"\n"},
      {"deploy: {update_config: {monitr: 5s}}",
       "3:30: unknown key \"monitr\" in deploy.update_config of service \"a\"\n"},
      {"post_start: [{user: root}]", "3:18: post_start of service \"a\" needs a \"command\"\n"},
      {"post_start: [{command: []}]", "3:28: command in post_start of service \"a\" is empty\n"},
      {"pre_stop: [{command: a, comand: b}]", "3:29: unknown key \"comand\" in pre_stop of service \"a\"\n"},
      {"pre_stop: [{command: a, working_dir: x}]",
       "3:42: working_dir in pre_stop of service \"a\" must be an absolute path, not \"x\"\n"},
      {"develop: {wacth: []}", "3:15: unknown key \"wacth\" in develop of service \"a\"\n"},
      {"develop: {watch: {}}", "3:22: develop.watch of service \"a\" must be a list, not a map\n"},
      {"develop: {watch: [{action: sync, target: /x}]}",
       "3:23: develop.watch of service \"a\" needs a \"path\"\n"},
      {"develop: {watch: [{path: .}]}", "3:23: develop.watch of service \"a\" needs a \"action\"\n"},
      {"develop: {watch: [{path: ., action: synch}]}",
       "3:41: action in develop.watch of service \"a\" must be rebuild, restart, sync, sync+restart or "
       "sync+exec, not \"synch\"\n"},
      {"develop: {watch: [{path: ., action: sync}]}",
       "3:41: develop.watch of service \"a\": action \"sync\" needs a \"target\"\n"},
      {"develop: {watch: [{path: ., action: sync, target: app}]}",
       "3:55: target in develop.watch of service \"a\" must be an absolute path, not \"app\"\n"},
      {"develop: {watch: [{path: ., action: sync+exec, target: /app}]}",
       "3:41: develop.watch of service \"a\": action \"sync+exec\" needs a \"exec\"\n"},
      {"develop: {watch: [{path: ., action: sync+exec, target: /app, exec: {user: x}}]}",
       "3:72: develop.watch.exec of service \"a\" needs a \"command\"\n"},
      {"develop: {watch: [{path: \"\", action: rebuild}]}",
       "3:30: path in develop.watch of service \"a\" is empty\n"},
      {"develop: {watch: [{path: ., action: rebuild, ignores: x}]}",
       "3:50: unknown key \"ignores\" in develop.watch of service \"a\"\n"},
      {"logging: {options: {max-size: 1k}}",
       "3:35: logging.options.max-size of service \"a\" must be at least 4k, not \"1k\"\n"},
      {"logging: {options: {max-fle: 1}}",
       "3:25: unknown key \"max-fle\" in logging.options of service \"a\"\n"},
      {"logging: {driver: none, options: {max-file: 1}}",
       "3:38: logging.options of service \"a\" cannot stand with driver \"none\"\n"},
      {"logging: {options: {compress: true}}",
       "3:35: logging.options.compress of service \"a\" cannot be kept: logs are read where they lie\n"},
  };
  for (const auto& [keys, expected] : cases) {
    std::string said = said_of(keys, Severity::error);
    // The folder's name is another each time.
    const auto path = said.find("\"/");
    if (const auto end = said.find("/none.labels"); end != std::string::npos)
      said.erase(path + 1, end - path);
    EXPECT_EQ(said, expected) << keys;
  }
}

TEST(Keys, AtTheirDefaultsDoNotChangeTheHash) {
  const ServiceSpec plain = service_of("init: true");
  for (const char* keys :
       {"init: true, tty: false", "init: true, stdin_open: false", "init: true, cgroup: private",
        "init: true, attach: true", "init: true, attach: false", "init: true, expose: [80]",
        "init: true, annotations: {a: b}", "init: true, label_file: []",
        "init: true, develop: {watch: [{path: ., action: restart}]}"})
    EXPECT_EQ(service_hash(recreate_keys(service_of(keys))), service_hash(recreate_keys(plain))) << keys;
  for (const char* keys : {"init: true, tty: true", "init: true, cgroup: host", "init: true, group_add: [5]",
                           "init: true, devices: [/dev/fuse]", "init: true, logging: {driver: none}",
                           "init: true, post_start: [{command: a}]"})
    EXPECT_NE(service_hash(recreate_keys(service_of(keys))), service_hash(recreate_keys(plain))) << keys;
}

TEST(Keys, OfABuildThatItsToolCannotKeep) {
  const std::pair<const char*, const char*> cases[] = {
      {"build: {context: ., entitlements: [network.host]}",
       "3:39: build.entitlements of service \"a\" is not supported: buildah has none\n"},
      {"build: {context: ., no_cache_filter: [x]}",
       "3:42: build.no_cache_filter of service \"a\" is not supported: buildah forgets all or nothing\n"},
  };
  for (const auto& [keys, expected] : cases) {
    EXPECT_EQ(faults_of("services:\n  a:\n    " + std::string(keys) + "\n"), expected) << keys;
  }
  EXPECT_EQ(faults_of("services: {a: {image: \"host:\"}}\nmodels: {m: {}}\n"),
            "2:9: \"models\" cannot be kept: there is no model runner here\n");
}

}  // namespace
}  // namespace stack
