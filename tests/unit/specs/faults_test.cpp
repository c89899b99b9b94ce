// What is refused: exact line, column and words.
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

TEST(Faults, AreAllSaidInOneRunEachAtItsPlace) {
  EXPECT_EQ(
      faults_of(R"(services:
  web:
    image: Redis:7
    enviroment: [A=1]
    mem_limit: 64q
    ports: ["99999:80"]
    volumes: ["${V}:/data"]
    depends_on: [bd]
    pre_start: []
    networks: [fron]
    command: "a 'b"
    user: [a]
  db: {depends_on: [web], image: "host:", pre_start: 2, environment: "${T:?set T}"}
serivces: 3
models: {x: }
)"),
      "3:12: image of service \"web\": \"Redis:7\" is no image name: repositories are written in lower case\n"
      "4:5: unknown key \"enviroment\" in service \"web\"\n"
      "5:16: mem_limit of service \"web\" must be a size such as \"512m\", not \"64q\"\n"
      "6:13: ports of service \"web\": \"99999\" is not a port from 1 to 65535 or a range such as 8000-8010\n"
      "7:15: volumes of service \"web\": the source before \":/data\" is empty\n"
      "8:18: service \"web\" depends on undefined service \"bd\"\n"
      "9:5: key \"pre_start\" is not supported yet\n"
      "10:16: service \"web\" refers to undefined network \"fron\"\n"
      "11:14: command of service \"web\" has a quote that is not closed\n"
      "12:11: user of service \"web\" must be text, not a list\n"
      "13:43: key \"pre_start\" is not supported yet\n"
      "13:70: environment of service \"db\" must be a map or a list of NAME=VALUE, not \"${T:?set T}\"\n"
      "13:71: required variable \"T\" is not set: set T\n"
      "14:1: unknown key \"serivces\" in the file\n"
      "15:9: \"models\" cannot be kept: there is no model runner here\n");
}

// A service "a" with these keys from column 5 of line 3 on, and a plain service "b".
TEST(Faults, OfKeysOfAService) {
  const std::pair<const char*, const char*> cases[] = {
      {"restart: allways",
       "3:14: restart of service \"a\" must be no, always, on-failure[:N] or unless-stopped, not "
       "\"allways\"\n"},
      {"restart: on-failure:x",
       "3:14: restart of service \"a\" must be no, always, on-failure[:N] or unless-stopped, not "
       "\"on-failure:x\"\n"},
      {"depends_on: {b: {condition: service_helthy}}",
       "3:33: unknown condition \"service_helthy\" in depends_on of service \"a\"\n"},
      {"depends_on: {b: {condition: service_healthy}}",
       "3:33: service \"a\" waits for \"b\" to be healthy, which has no healthcheck\n"},
      {"depends_on: [a]", "3:18: dependency cycle: a -> a\n"},
      {"depends_on: 5", "3:17: depends_on of service \"a\" must be a list or a map, not \"5\"\n"},
      {"healthcheck: {test: [ping]}",
       "3:25: healthcheck.test of service \"a\" must begin with CMD, CMD-SHELL or NONE\n"},
      {"healthcheck: {interval: 5s}", "3:18: healthcheck of service \"a\" has no \"test\"\n"},
      {"healthcheck: {test: x, intervall: 5s}",
       "3:28: unknown key \"intervall\" in healthcheck of service \"a\"\n"},
      {"healthcheck: {test: x, timeout: 5}",
       "3:37: healthcheck.timeout of service \"a\" must be a duration such as \"1m30s\", not \"5\"\n"},
      {"network_mode: \"service:c\"", "3:19: network_mode of service \"a\" names undefined service \"c\"\n"},
      {"pid: \"service:a\"", "3:10: pid of service \"a\" names the service itself\n"},
      {"network_mode: \"service:b\"\n    ports: [\"80:80\"]\n    hostname: x",
       "4:5: ports of service \"a\" cannot stand with network_mode \"service:b\"\n5:5: hostname of service "
       "\"a\" cannot stand with network_mode \"service:b\"\n"},
      {"network_mode: host\n    networks: [default]",
       "4:5: networks and network_mode of service \"a\" exclude each other\n"},
      {"network_mode: \"container:x\"", "3:19: network_mode \"container:\" is not supported yet\n"},
      {"ipc: pirvate",
       "3:10: ipc of service \"a\" must be private, shareable, host or service:NAME, not \"pirvate\"\n"},
      {"networks: {default: {mac_adress: x}}",
       "3:26: unknown key \"mac_adress\" in network \"default\" of service \"a\"\n"},
      {"networks: {default: {ipv4_address: 10.0.0.5}}",
       "3:40: address \"10.0.0.5\" needs a subnet in network \"default\"\n"},
      {"ports: [{published: 80}]", "3:13: ports of service \"a\" needs a \"target\"\n"},
      {"ports: [{target: 80, publish: 80}]", "3:26: unknown key \"publish\" in ports of service \"a\"\n"},
      {"ports: [\"8080:80\", \"8080:81\"]", "3:24: service \"a\" publishes host port 8080 twice\n"},
      {"ports: 80", "3:12: ports of service \"a\" must be a list, not \"80\"\n"},
      {"volumes: [\"./x:d\"]", "3:15: volumes of service \"a\": target \"d\" is not an absolute path\n"},
      {"volumes: [\"./x:/d:or\"]", "3:15: unknown option \"or\" of a volume of service \"a\"\n"},
      {"volumes: [\"./x:/d\", \"./y:/d/\"]", "3:25: two mounts on \"/d\" in service \"a\"\n"},
      {"volumes: [{type: bind, target: /d}]", "3:15: volumes of service \"a\": a bind needs a \"source\"\n"},
      {"tmpfs: \"/t:sise=1m\"", "3:12: unknown option \"sise=1m\" of a tmpfs of service \"a\"\n"},
      {"cap_add: [NET_ADMN]", "3:15: unknown capability \"NET_ADMN\" in cap_add of service \"a\"\n"},
      {"security_opt: [apparmor=x]", "3:20: security_opt \"apparmor\" is not supported yet\n"},
      {"security_opt: [secomp=x]", "3:20: unknown option \"secomp\" in security_opt of service \"a\"\n"},
      {"ulimits: {nofiles: 5}", "3:15: unknown key \"nofiles\" in ulimits of service \"a\"\n"},
      {"ulimits: {nofile: {soft: 5}}",
       "3:23: ulimit \"nofile\" of service \"a\" needs \"soft\" and \"hard\"\n"},
      {"ulimits: {nofile: {soft: 5, hard: 4}}",
       "3:23: ulimit \"nofile\" of service \"a\": soft is above hard\n"},
      {"cpus: a", "3:11: cpus of service \"a\" must be a number such as 1.5, not \"a\"\n"},
      {"cpu_shares: 1",
       "3:17: cpu_shares of service \"a\" must be a whole number from 2 to 262144, not \"1\"\n"},
      {"mem_limit: 1g\n    deploy: {resources: {limits: {memory: 2g}}}",
       "4:43: mem_limit of service \"a\" and deploy.resources say different things\n"},
      {"memswap_limit: 1g", "3:5: memswap_limit of service \"a\" needs a mem_limit\n"},
      {"scale: 2\n    deploy: {replicas: 3}",
       "3:5: scale of service \"a\" is 2, and its deploy.replicas 3\n"},
      {"scale: 2\n    container_name: one",
       "4:5: service \"a\" cannot have 2 containers: a name is one container's\n"},
      {"scale: 2\n    ports: [\"8080:80\"]",
       "4:13: service \"a\" cannot have 2 containers: host port 8080 is one container's\n"},
      {"scale: 1001", "3:12: scale of service \"a\" must be a whole number from 0 to 1000, not \"1001\"\n"},
      {"deploy: {resources: {limits: {cpu: 1}}}",
       "3:35: unknown key \"cpu\" in deploy.resources.limits of service \"a\"\n"},
      {"blkio_config: {weight: 5}",
       "3:28: blkio_config.weight of service \"a\" must be a whole number from 10 to 1000, not \"5\"\n"},
      {"oom_score_adj: 2000",
       "3:20: oom_score_adj of service \"a\" must be a whole number from -1000 to 1000, not \"2000\"\n"},
      {"stop_signal: SIGFOO",
       "3:18: stop_signal of service \"a\" must be a signal such as SIGTERM, not \"SIGFOO\"\n"},
      {"init: maybe", "3:11: init of service \"a\" must be true or false, not \"maybe\"\n"},
      {"working_dir: srv", "3:18: working_dir of service \"a\" must be an absolute path, not \"srv\"\n"},
      {"env_file: none.env", "3:15: open env_file \"none.env\": No such file or directory\n"},
      {"x-stack: {pdo: a}", "3:15: unknown key \"pdo\" in x-stack of service \"a\"\n"},
      {"x-stack: {pod: a}\n    network_mode: host",
       "4:5: network_mode of service \"a\" cannot stand with pod \"a\", whose members share it\n"},
      {"x-stack: {bandwidth: {ingress: 5mb}}",
       "3:36: bandwidth.ingress in x-stack of service \"a\" must be a rate such as \"10mbit\", not "
       "\"5mb\"\n"},
      {"labels:", "3:5: labels of service \"a\" must be a map or a list of NAME=VALUE, not nothing\n"},
      {"init: true\n    init: true", "4:5: duplicate key \"init\"\n"},
      {"dns: [1.1.1.1, x]", "3:20: dns of service \"a\" must be an IP address, not \"x\"\n"},
      {"extra_hosts: [a=x]", "3:19: extra_hosts of service \"a\" must be NAME=ADDRESS, not \"a=x\"\n"},
  };
  for (const auto& [keys, expected] : cases) {
    Folder folder;
    folder.write("compose.yaml", std::string("services:\n  a: \n    ") + keys +
                                     "\n    image: \"host:\"\n  b: {image: \"host:\"}\n");
    std::string said = faults_of(folder);
    const std::string prefix = folder.path() + "/";
    for (auto at = said.find(prefix); at != std::string::npos; at = said.find(prefix))
      said.erase(at, prefix.size());
    EXPECT_EQ(said, expected) << keys;
  }
}

TEST(Faults, BetweenServices) {
  EXPECT_EQ(faults_of(R"(services:
  c: {image: "host:", depends_on: [a]}
  a: {image: "host:", depends_on: [b], ports: ["80:80", "81:81/udp"]}
  b: {image: "host:", network_mode: "service:c"}
  p: {image: "host:", x-stack: {pod: x}, ports: ["127.0.0.1:80:90", "81:81"]}
  q: {image: "host:", x-stack: {pod: x}, ports: ["91:90"], container_name: shop-a-1}
)"),
            "3:36: dependency cycle: a -> b -> c -> a\n"
            "5:50: services \"a\" and \"p\" both publish host port 80\n"
            "6:50: port 90/tcp of service \"q\" is that of service \"p\" too, whose network it shares\n"
            "6:60: container name \"shop-a-1\" is that of service \"a\" too\n");
}

TEST(Faults, OfNetworks) {
  EXPECT_EQ(faults_of(R"(services:
  a: {image: "host:", networks: {n: {ipv4_address: 10.6.0.4}, m: {ipv4_address: 10.7.0.9}}}
  b: {image: "host:", networks: {m: {ipv4_address: 10.7.0.9}}}
networks:
  n: {ipam: {config: [{subnet: 10.5.0.0/24, gateway: 10.6.0.1}]}, driver: overlay, internal: maybe}
  m: {ipam: {config: [{subnet: 10.7.0.0/24}]}}
  o: {ipam: {config: [{subnet: 10.7.0.0/16}, {gateway: 10.0.0.1}]}, driver_opts: {x: y}}
)"),
            "2:52: address \"10.6.0.4\" is not in subnet \"10.5.0.0/24\" of network \"n\"\n"
            "3:52: address \"10.7.0.9\" is that of service \"a\" too\n"
            "5:54: gateway \"10.6.0.1\" is not in subnet \"10.5.0.0/24\"\n"
            "5:75: network driver \"overlay\" is not supported: it spans hosts, and a stack lives on one\n"
            "5:94: internal of network \"n\" must be true or false, not \"maybe\"\n"
            "7:32: subnet \"10.7.0.0/16\" overlaps with that of network \"m\"\n"
            "7:46: ipam.config of network \"o\" needs a \"subnet\"\n"
            "7:83: unknown key \"x\" in driver_opts of network \"o\"\n");
}

TEST(Faults, OfTheFileAsAWhole) {
  EXPECT_EQ(faults_of("networks: {}\n"), "1:1: the file has no \"services\"\n");
  EXPECT_EQ(faults_of("services: {}\n"), "1:11: \"services\" is empty\n");
  EXPECT_EQ(faults_of("services: [a]\n"), "1:11: services of the file must be a map, not a list\n");
  EXPECT_EQ(faults_of("services: {a b: {image: \"host:\"}}\n"),
            "1:12: \"a b\" is not a service name: letters, digits, \".\", \"_\" and \"-\" are\n");
  EXPECT_EQ(faults_of("services: {a: {command: x}}\n"), "1:12: service \"a\" has no \"image\"\n");
  EXPECT_EQ(faults_of("services: {a: {image: \"host:\"}}\nname: Shop!\n").substr(0, 8), "2:7: \"Sh");
}

// The time that a hostile file may take is linear in its size.
TEST(Faults, OfAFileThatWouldTakeTheSquareOfItsSize) {
  std::string chain = "services:\n", ports = "services:\n  a:\n    image: \"host:\"\n    ports: [";
  for (int i = 0; i < 15'000; ++i) {
    const std::string name = "s" + std::to_string(i), next = "s" + std::to_string(i + 1);
    chain += "  " + name + ": {image: \"host:\", network_mode: \"service:" + next + "\"}\n";
  }
  chain += "  s15000: {image: \"host:\"}\n";
  for (int i = 1; i < 30'000; ++i) ports += "\"" + std::to_string(i) + ":80\", ";
  EXPECT_NE(faults_of(chain).find(
                "2:38: network_mode of service \"s0\" is shared by way of more than 50 services\n"),
            std::string::npos);
  EXPECT_EQ(faults_of(ports + "]\n"), "");
}

TEST(Faults, OfPortsThatWouldTakeAllMemory) {
  std::string text = "services:\n";
  for (int i = 0; i < 1000; ++i)
    text += "  s" + std::to_string(i) + ": {image: \"host:\", ports: [\"1-65535\"]}\n";
  EXPECT_EQ(faults_of(text), "5:32: more than 200000 ports are published\n");
}

TEST(Faults, NameTheVariableThatWasNotSet) {
  const Loaded loaded =
      Folder().write("compose.yaml", "services: {a: {image: \"host:\", volumes: [\"$D:/data\"]}}\n").load();
  EXPECT_NE(loaded.diagnostics.render(false).find("~~~~ variable \"D\" is not set"), std::string::npos)
      << loaded.diagnostics.render(false);
}

}  // namespace
}  // namespace stack
