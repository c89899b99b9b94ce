// Two files that say something under one key: each special case of the Compose Specification's merge.
#include "specs/merge.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

Node parsed(const std::string& text) {
  Diagnostics diagnostics;
  Document document = parse_document("x.yaml", text, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.render(false);
  return std::move(document.root);
}

// The tree in flow form: {a: [1, 2], b: null}.
std::string flow(const Node& node) {
  std::string text;
  switch (node.kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::scalar:
      return node.text;
    case Node::Kind::list:
      for (const Node& item : node.items) text += (text.empty() ? "" : ", ") + flow(item);
      return "[" + text + "]";
    case Node::Kind::map:
      for (const Entry& entry : node.entries)
        text += (text.empty() ? "" : ", ") + entry.key + ": " + flow(entry.value);
      return "{" + text + "}";
  }
  return "";
}

struct Case {
  const char* base;
  const char* later;
  const char* merged;
};

void expect_merged(const std::string& before, const std::string& behind, const std::vector<Case>& table) {
  for (const Case& one : table) {
    Node base = parsed(before + one.base + behind);
    merge_files(base, parsed(before + one.later + behind));
    EXPECT_EQ(flow(base), before + one.merged + behind) << one.base << " with " << one.later;
  }
}

TEST(MergeRules, OfAService) {
  expect_merged(
      "{services: {a: {", "}}}",
      {
          // replaced
          {"command: [a]", "command: [b]", "command: [b]"},
          {"command: [a]", "command: null", "command: null"},
          {"entrypoint: x y", "entrypoint: [b]", "entrypoint: [b]"},
          {"healthcheck: {test: [CMD, a], retries: 2}", "healthcheck: {test: b}",
           "healthcheck: {test: b, retries: 2}"},
          {"image: a", "image: b", "image: b"},
          {"image: a", "image: null", "image: a"},
          // by name, as lists or maps
          {"environment: [A=1, B=1, C]", "environment: {B: 2, C: 3}", "environment: {A: 1, B: 2, C: 3}"},
          {"environment: {A: 1}", "environment: [A]", "environment: {A: null}"},
          {"environment: {A: 1}", "environment: null", "environment: {A: 1}"},
          {"labels: {a: b=c}", "labels: [a=d=e]", "labels: {a: d=e}"},
          {"annotations: [a=1]", "annotations: [b=2]", "annotations: {a: 1, b: 2}"},
          {"sysctls: [a=1]", "sysctls: {a: 2}", "sysctls: {a: 2}"},
          {"deploy: {labels: [a=1], replicas: 2}", "deploy: {labels: {a: 2}}",
           "deploy: {labels: {a: 2}, replicas: 2}"},
          // short and long forms
          {"depends_on: [x]",
           "depends_on: {x: {condition: service_healthy}, y: {condition: service_started}}",
           "depends_on: {x: {condition: service_healthy, required: true}, y: {condition: service_started}}"},
          {"depends_on: {x: {condition: service_healthy, required: false, restart: true}}", "depends_on: [x]",
           "depends_on: {x: {condition: service_started, required: true, restart: true}}"},
          {"networks: [n, m]", "networks: {n: {aliases: [b]}}", "networks: {n: {aliases: [b]}, m: null}"},
          {"networks: {n: {aliases: [a, b]}}", "networks: {n: {aliases: [b, c]}}",
           "networks: {n: {aliases: [a, b, c]}}"},
          {"networks: {n: {aliases: [a]}}", "networks: [n, o]", "networks: {n: {aliases: [a]}, o: null}"},
          {"networks: {n: {link_local_ips: [1]}}", "networks: {n: {link_local_ips: [1, 2]}}",
           "networks: {n: {link_local_ips: [1, 2]}}"},
          {"build: src", "build: {args: {A: 1}}", "build: {context: src, args: {A: 1}}"},
          {"build: {context: a, target: t}", "build: b", "build: {context: b, target: t}"},
          {"build: {args: [A=1, B=1]}", "build: {args: {B: 2}}", "build: {args: {A: 1, B: 2}}"},
          {"build: {tags: [a, b], cache_from: [x]}", "build: {tags: [b, c], cache_from: [x]}",
           "build: {tags: [a, b, c], cache_from: [x, x]}"},
          {"build: {extra_hosts: {h: 1.1.1.1}}", "build: {extra_hosts: [h=2.2.2.2]}",
           "build: {extra_hosts: [h=1.1.1.1, h=2.2.2.2]}"},
          {"extra_hosts: [a=1, b=2]", "extra_hosts: {b: 2, c: [3, 4]}", "extra_hosts: [a=1, b=2, c=3, c=4]"},
          {"dns: 1.1.1.1", "dns: [8.8.8.8, 1.1.1.1]", "dns: [1.1.1.1, 8.8.8.8]"},
          {"dns_search: a", "dns_search: b", "dns_search: [a, b]"},
          {"dns_opt: [a]", "dns_opt: [a, b]", "dns_opt: [a, b]"},
          {"tmpfs: /a", "tmpfs: [/a, /b]", "tmpfs: [/a, /b]"},
          {"label_file: a", "label_file: [b]", "label_file: [a, b]"},
          {"env_file: a", "env_file: [b, a]", "env_file: [a, b]"},
          {"env_file: [a, b]", "env_file: [{path: b, required: false}]",
           "env_file: [a, {path: b, required: false}]"},
          // one of a target
          {"volumes: [x:/d, /y]", "volumes: [z:/d/:ro, /w]", "volumes: [z:/d/:ro, /y, /w]"},
          {"volumes: [x:/d]", "volumes: [{type: tmpfs, target: /d}]", "volumes: [{type: tmpfs, target: /d}]"},
          {"devices: [/dev/a:/dev/x, /dev/b]", "devices: [/dev/c:/dev/x:r, {source: /dev/d, target: /dev/b}]",
           "devices: [/dev/c:/dev/x:r, {source: /dev/d, target: /dev/b}]"},
          {"configs: [c, d]", "configs: [{source: e, target: /c}]", "configs: [{source: e, target: /c}, d]"},
          {"secrets: [s]", "secrets: [{source: t, target: s}, {source: u, target: /run/secrets/s2}]",
           "secrets: [{source: t, target: s}, {source: u, target: /run/secrets/s2}]"},
          // by their text
          {"cap_add: [A]", "cap_add: [A, B]", "cap_add: [A, B]"},
          {"cap_drop: [A]", "cap_drop: [B]", "cap_drop: [A, B]"},
          {"expose: [80]", "expose: [80, 81]", "expose: [80, 81]"},
          {"links: [a]", "links: [a, b]", "links: [a, b]"},
          {"profiles: [p]", "profiles: [p, q]", "profiles: [p, q]"},
          // the rest
          {"group_add: [a]", "group_add: [a]", "group_add: [a, a]"},
          {"security_opt: [a]", "security_opt: [b]", "security_opt: [a, b]"},
          {"ports: [80]", "ports: [81]", "ports: [80, 81]"},
          {"ulimits: {n: {soft: 1, hard: 2}, m: 1}", "ulimits: {n: {soft: 3}}",
           "ulimits: {n: {soft: 3}, m: 1}"},
          {"ulimits: {n: {soft: 1, hard: 2}}", "ulimits: {n: 5}", "ulimits: {n: 5}"},
          {"logging: {driver: a, options: {x: 1}}", "logging: {options: {y: 2}}",
           "logging: {driver: a, options: {x: 1, y: 2}}"},
          {"logging: {driver: a, options: {x: 1}}", "logging: {driver: a, options: {x: 2}}",
           "logging: {driver: a, options: {x: 2}}"},
          {"logging: {driver: a, options: {x: 1}}", "logging: {driver: b}", "logging: {driver: b}"},
          {"logging: {options: {x: 1}}", "logging: {driver: b}", "logging: {options: {x: 1}, driver: b}"},
          {"deploy: {resources: {limits: {cpus: 1, memory: 1m}}}", "deploy: {resources: {limits: {cpus: 2}}}",
           "deploy: {resources: {limits: {cpus: 2, memory: 1m}}}"},
          {"x-list: [a]", "x-list: [b]", "x-list: [a, b]"},
      });
}

TEST(MergeRules, OfTheTopLevel) {
  expect_merged("{", "}",
                {
                    {"name: a", "name: b", "name: b"},
                    {"services: {a: {image: x}}", "services: {b: {image: y}}",
                     "services: {a: {image: x}, b: {image: y}}"},
                    {"services: {a: {image: x}}", "services: {a: null}", "services: {a: {image: x}}"},
                    {"volumes: {v: null}", "volumes: {v: {labels: [a=1]}}", "volumes: {v: {labels: [a=1]}}"},
                    {"volumes: {v: {labels: [a=1]}}", "volumes: {v: {labels: {b: 2}}}",
                     "volumes: {v: {labels: {a: 1, b: 2}}}"},
                    {"networks: {n: {labels: [a=1], internal: true}}", "networks: {n: {labels: [b=2]}}",
                     "networks: {n: {labels: {a: 1, b: 2}, internal: true}}"},
                    {"networks: {n: {ipam: {config: [{subnet: s, gateway: g}, {subnet: t}]}}}",
                     "networks: {n: {ipam: {config: [{subnet: s, gateway: h}, {subnet: u}]}}}",
                     "networks: {n: {ipam: {config: [{subnet: s, gateway: h}, {subnet: t}, {subnet: u}]}}}"},
                    {"configs: {c: {file: a}}", "configs: {c: {file: b}}", "configs: {c: {file: b}}"},
                });
}

TEST(MergeRules, OfTheTags) {
  expect_merged("{services: {a: {", "}}}",
                {
                    {"ports: [80], image: x", "ports: !reset []", "image: x"},
                    {"ports: [80]", "ports: !override [81]", "ports: [81]"},
                    {"environment: {A: 1, B: 1}", "environment: {A: !reset null}", "environment: {B: 1}"},
                    {"environment: [A=1]", "environment: !override [B=1]", "environment: {B: 1}"},
                    {"depends_on: [x]", "depends_on: !override [y]",
                     "depends_on: {y: {condition: service_started, required: true}}"},
                    {"env_file: a", "env_file: !override b", "env_file: [b]"},
                    {"build: {context: a, target: t}", "build: !override b", "build: {context: b}"},
                    {"cap_add: [A, B]", "cap_add: [!reset A]", "cap_add: [B]"},
                    {"image: x", "command: !reset [y]", "image: x"},
                });
}

TEST(MergeRules, WhatIsWrittenTwiceInOneFileStaysForItsReader) {
  expect_merged("{services: {a: {", "}}}",
                {{"volumes: [x:/d]", "volumes: [y:/d, z:/d]", "volumes: [y:/d, z:/d]"}});
}

TEST(MergeRules, FaultsAreWhereTheValueWasWritten) {
  Folder folder;
  folder.write("1.yaml", "services:\n  a:\n    image: \"host:\"\n    command: x\n    mem_limit: no\n");
  folder.write("2.yaml", "services:\n  a:\n    cpus: many\n    depends_on: [none]\n");
  folder.options.files = {"1.yaml", "2.yaml"};
  std::string places;
  const Loaded loaded = folder.load();
  for (const Diagnostic& fault : loaded.diagnostics.all())
    places +=
        fault.pos.file + ":" + std::to_string(fault.pos.line) + ":" + std::to_string(fault.pos.column) + " ";
  EXPECT_EQ(places, "1.yaml:5:16 2.yaml:3:11 2.yaml:4:18 ");
}

TEST(MergeRules, CostNoMoreThanTheFiles) {
  std::string pairs;
  for (int i = 0; i < 40'000; ++i) pairs += "      V" + std::to_string(i) + ": x\n";
  const std::string text = "services:\n  a:\n    environment:\n" + pairs;
  Node base = parsed(text);
  merge_files(base, parsed(text));
  EXPECT_EQ(base.find("services")->find("a")->find("environment")->entries.size(), 40'000U);
}

}  // namespace
}  // namespace stack
