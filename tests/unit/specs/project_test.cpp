// Which files, which name, and how several files become one.
#include "specs/discovery.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kPlain = "services: {a: {image: \"host:\", command: one}}\n";

TEST(Discovery, ClimbsToTheParentsAndTakesTheOverride) {
  Folder folder;
  folder.write("docker-compose.yml", kPlain).write("compose.yml", kPlain);
  folder.write("compose.override.yaml", "services: {a: {command: two}}\n").write("sub/dir/x", "");
  folder.options.directory = folder.path() + "/sub/dir";
  const StackSpec spec = folder.spec();
  EXPECT_EQ(spec.files, (Words{folder.path() + "/compose.yml", folder.path() + "/compose.override.yaml"}));
  EXPECT_EQ(spec.working_dir, folder.path());
  EXPECT_EQ(spec.services.at("a").command, Words{"two"});
  EXPECT_EQ(folder.load().diagnostics.all().size(), 1U);  // docker-compose.yml is there too
}

TEST(Discovery, TakesWhatIsNamed) {
  Folder folder;
  folder.write("x/one.yaml", kPlain)
      .write("two.yaml", "services: {a: {command: two}}\n")
      .write("compose.yaml", "no");
  folder.options.environment["COMPOSE_FILE"] = "x/one.yaml:two.yaml";
  EXPECT_EQ(folder.spec().services.at("a").command, Words{"two"});
  EXPECT_EQ(folder.spec().working_dir, folder.path() + "/x");
  folder.options.files = {"x/one.yaml"};
  EXPECT_EQ(folder.spec().services.at("a").command, Words{"one"});
  folder.options.project_directory = ".";
  EXPECT_EQ(folder.spec().working_dir, folder.path());
  folder.options.files = {"none.yaml"};
  EXPECT_EQ(load_stack(folder.options).error().words,
            "read \"" + folder.path() + "/none.yaml\": No such file or directory");
}

TEST(Discovery, NeedsSomeFile) {
  Folder folder;
  folder.options.project_directory = "/proc/self/fdinfo";  // with no stack file in it or above
  const auto loaded = load_stack(folder.options);
  ASSERT_FALSE(loaded.ok());
  EXPECT_TRUE(loaded.error().words.starts_with("find a stack file: no compose.yaml")) << loaded.error().words;
}

TEST(Discovery, ReadsDotEnvUnderTheProcessesOwn) {
  Folder folder;
  folder.write(".env", "A=file\nB=file\n").write("other.env", "A=other\nB=other\n");
  folder.write("compose.yaml",
               "services: {a: {image: \"host:\", command: [\"$A\", \"$B\"], environment: [A]}}\n");
  folder.options.environment["A"] = "own";
  EXPECT_EQ(folder.spec().services.at("a").command, (Words{"own", "file"}));
  EXPECT_EQ(folder.spec().services.at("a").environment.at("A"), "own");
  folder.options.env_files = {"other.env"};
  EXPECT_EQ(folder.spec().services.at("a").command, (Words{"own", "other"}));
  folder.options.env_files.clear();
  folder.options.environment["COMPOSE_ENV_FILES"] = "other.env";
  EXPECT_EQ(folder.spec().services.at("a").command, (Words{"own", "other"}));
  folder.options.env_files = {"none.env"};
  EXPECT_FALSE(load_stack(folder.options).ok());
}

TEST(EnvFile, StandsBelowEnvironment) {
  Folder folder;
  folder.write("a.env", "A=1\nB=1\nC=1\n").write("b.env", "B=2\nC=2\n");
  folder.write("compose.yaml",
               "services: {a: {image: \"host:\", environment: {C: 3}, env_file: [a.env, {path: b.env}, "
               "{path: no.env, required: false}]}}\n");
  EXPECT_EQ(folder.spec().services.at("a").environment,
            (std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}, {"C", "3"}}));
}

TEST(ProjectName, ComesFromTheFirstThatSaysIt) {
  Folder folder;
  folder.write("My.Shop_1/compose.yaml", kPlain);
  folder.options.directory = folder.path() + "/My.Shop_1";
  folder.options.project_name = "";
  EXPECT_EQ(*project_name(folder.options), "myshop_1");
  folder.write("My.Shop_1/compose.yaml", std::string("name: written\n") + kPlain);
  EXPECT_EQ(*project_name(folder.options), "written");
  folder.write("My.Shop_1/compose.yaml", "name: written\nservices: [\n  : }");
  EXPECT_EQ(*project_name(folder.options), "written");
  folder.options.environment["COMPOSE_PROJECT_NAME"] = "environment";
  EXPECT_EQ(*project_name(folder.options), "environment");
  folder.options.project_name = "given";
  EXPECT_EQ(*project_name(folder.options), "given");
  folder.options.project_name = "-No";
  EXPECT_FALSE(project_name(folder.options).ok());
  EXPECT_FALSE(load_stack(folder.options).ok());
}

TEST(ProjectName, IsNormalisedAsElsewhere) {
  EXPECT_EQ(normal_project_name("My Shop.1"), "myshop1");
  EXPECT_EQ(normal_project_name("_-a_b-"), "a_b-");
  EXPECT_EQ(normal_project_name("..."), "");
  for (const char* name : {"a", "0", "a-b_c"}) EXPECT_TRUE(is_project_name(name)) << name;
  for (const char* name : {"", "A", "-a", "_a", "a.b", "a b"}) EXPECT_FALSE(is_project_name(name)) << name;
}

// `base` with `later` over it, as service "a".
ServiceSpec merged(const std::string& base, const std::string& later) {
  Folder folder;
  folder.write("1.yaml", "services: {a: {image: \"host:\", " + base +
                             "}, b: {image: \"host:\"}, c: {image: \"host:\"}}\nnetworks: {n: }\n");
  folder.write("2.yaml", "services: {a: {" + later + "}}\n");
  folder.options.files = {"1.yaml", "2.yaml"};
  return folder.spec().services.at("a");
}

TEST(Merge, FollowsTheRulesOfCompose) {
  using Map = std::map<std::string, std::string>;
  EXPECT_EQ(merged("command: [a, b]", "command: [c]").command, Words{"c"});
  EXPECT_EQ(merged("environment: [A=1, B=1]", "environment: {B: 2}").environment,
            (Map{{"A", "1"}, {"B", "2"}}));
  EXPECT_EQ(merged("labels: {a: b}", "labels: [c=d]").labels, (Map{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(merged("ports: [\"80:80\"]", "ports: [\"81:81\", \"80:80\"]").ports.size(), 2U);
  EXPECT_EQ(merged("depends_on: [b]", "depends_on: {c: {condition: service_started}}").depends_on.size(), 2U);
  EXPECT_EQ(merged("networks: [n]", "networks: {n: {aliases: [x]}}").networks.at("n").aliases, Words{"x"});
  EXPECT_EQ(merged("dns: 1.1.1.1", "dns: [8.8.8.8]").dns, (Words{"1.1.1.1", "8.8.8.8"}));
  EXPECT_EQ(merged("volumes: [\"/a:/x\", \"/b:/y\"]", "volumes: [\"/c:/x\"]").mounts.at(0).source, "/c");
  EXPECT_EQ(
      merged("healthcheck: {test: [CMD, a], retries: 7}", "healthcheck: {test: [CMD, b]}").healthcheck->test,
      Words{"b"});
  EXPECT_EQ(merged("healthcheck: {test: [CMD, a], retries: 7}", "healthcheck: {test: [CMD, b]}")
                .healthcheck->retries,
            7);
  EXPECT_EQ(merged("ports: [\"80:80\"]", "ports: !reset []").ports.size(), 0U);
  EXPECT_EQ(merged("ports: [\"80:80\"]", "ports: !override [\"81:81\"]").ports.at(0).published, 81);
  EXPECT_EQ(merged("environment: {A: 1, B: 1}", "environment: {A: !reset null}").environment,
            (Map{{"B", "1"}}));
  EXPECT_EQ(merged("extra_hosts: {a: 1.1.1.1}", "extra_hosts: [b=2.2.2.2]").extra_hosts.size(), 2U);
  EXPECT_EQ(merged("init: false", "init: true").positions.at("init").file, "2.yaml");
}

TEST(Merge, KeepsOneMountATarget) {
  Folder folder;
  folder.write("1.yaml", R"(services:
  a:
    build: src
    command: [x]
    volumes: ["data:/d", /keep]
    configs: [c, {source: c, target: /other}]
    secrets: [s]
    volumes_from: [b]
  b: {image: "host:"}
volumes: {data: {labels: [a=1, b=1]}}
configs: {c: {content: one}}
secrets: {s: {file: one}}
)");
  folder.write("2.yaml", R"(services:
  a:
    build: {args: {A: "1"}, labels: [l=m]}
    command: null
    volumes: [{type: tmpfs, target: /d}]
    configs: [{source: c, mode: "0400"}]
    secrets: [{source: t, target: s}]
    volumes_from: ["b:ro"]
volumes: {data: {labels: {b: 2}}, more: }
configs: {c: {content: two}}
secrets: {t: {file: two}}
)");
  folder.options.files = {"1.yaml", "2.yaml"};
  const StackSpec spec = folder.spec();
  const ServiceSpec& a = spec.services.at("a");
  EXPECT_EQ(a.build->context, folder.path() + "/src");
  EXPECT_EQ(a.build->args.at("A"), "1");
  EXPECT_FALSE(a.command);
  ASSERT_EQ(a.mounts.size(), 2U);
  EXPECT_EQ(a.mounts[0].type, Mount::Type::tmpfs);
  ASSERT_EQ(a.configs.size(), 2U);
  EXPECT_EQ(a.configs[0].target, "/c");
  EXPECT_EQ(a.configs[0].mode, 0400U);
  ASSERT_EQ(a.secrets.size(), 1U);
  EXPECT_EQ(a.secrets[0].source, "t");
  EXPECT_EQ(a.volumes_from, (std::vector<VolumesFrom>{{"b", true}}));
  EXPECT_EQ(spec.volumes.at("data").labels, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
  EXPECT_TRUE(spec.volumes.contains("more"));
  EXPECT_EQ(spec.configs.at("c").content, "two");
  EXPECT_EQ(spec.secrets.size(), 2U);
}

}  // namespace
}  // namespace stack
