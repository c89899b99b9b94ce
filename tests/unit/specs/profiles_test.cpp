// Which services are part of the stack.
#include "specs/active_profiles.h"
#include "specs/canonical.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using Words = std::vector<std::string>;

// The example of the Compose Specification (15-profiles.md), and one that need not be there.
constexpr const char* kFile = R"(services:
  foo: {image: "host:", command: x}
  bar: {image: "host:", command: x, profiles: [test]}
  baz: {image: "host:", command: x, profiles: [test], depends_on: [bar]}
  zot: {image: "host:", command: x, profiles: [debug], depends_on: [bar]}
  opt: {image: "host:", command: x, depends_on: {bar: {condition: service_started, required: false}}}
)";

Words names(const StackSpec& spec) {
  Words all;
  for (const auto& [name, service] : spec.services) all.push_back(name);
  return all;
}

struct Asked {
  Words profiles, services;
  std::string environment;
  Words there;
  std::string faults;
};

TEST(Profiles, AreThoseOfTheSpecificationsExample) {
  const std::string of_zot =
      "5:69: service \"zot\" depends on service \"bar\", which no active profile takes in\n";
  const Asked table[] = {
      {{}, {}, "", {"foo", "opt"}, ""},
      {{"test"}, {}, "", {"bar", "baz", "foo", "opt"}, ""},
      {{"debug"}, {}, "", {}, of_zot},
      {{"debug", "test"}, {}, "", {"bar", "baz", "foo", "opt", "zot"}, ""},
      {{}, {"bar"}, "", {"bar", "baz", "foo", "opt"}, ""},
      {{}, {"zot"}, "", {}, of_zot},
      {{"test"}, {"zot"}, "", {"bar", "baz", "foo", "opt", "zot"}, ""},
      {{"*"}, {}, "", {"bar", "baz", "foo", "opt", "zot"}, ""},
      {{}, {}, "test, debug", {"bar", "baz", "foo", "opt", "zot"}, ""},
      {{}, {}, "*", {"bar", "baz", "foo", "opt", "zot"}, ""},
      {{"test"}, {}, "debug", {"bar", "baz", "foo", "opt"}, ""},  // the command line's alone
      {{}, {"foo", "nobody"}, "", {"foo", "opt"}, ""},
  };
  for (const Asked& asked : table) {
    Folder folder;
    folder.write("compose.yaml", kFile);
    folder.options.profiles = asked.profiles;
    folder.options.services = asked.services;
    if (!asked.environment.empty()) folder.options.environment["COMPOSE_PROFILES"] = asked.environment;
    EXPECT_EQ(faults_of(folder), asked.faults);
    if (asked.faults.empty()) {
      EXPECT_EQ(names(folder.spec()), asked.there);
    }
  }
}

TEST(Profiles, MayStandInDotEnv) {
  Folder folder;
  folder.write("compose.yaml", kFile).write(".env", "COMPOSE_PROFILES=test\n");
  EXPECT_EQ(names(folder.spec()), (Words{"bar", "baz", "foo", "opt"}));
}

TEST(Profiles, ThoseOfInactiveServicesAreKnown) {
  Folder folder;
  folder.write("compose.yaml", kFile);
  const StackSpec spec = folder.spec();
  EXPECT_EQ(spec.inactive,
            (std::map<std::string, Words>{{"bar", {"test"}}, {"baz", {"test"}}, {"zot", {"debug"}}}));
  EXPECT_EQ(all_profiles(spec), (std::set<std::string>{"debug", "test"}));
  EXPECT_TRUE(spec.services.at("opt").depends_on.empty());
}

TEST(Profiles, AreInTheCanonicalTextAndOnTheWireAndRecreateNothing) {
  Folder folder;
  folder.write("compose.yaml", kFile);
  folder.options.profiles = {"test"};
  const StackSpec spec = folder.spec();
  EXPECT_NE(to_yaml(spec).find("    profiles:\n      - test\n"), std::string::npos) << to_yaml(spec);
  EXPECT_EQ(from_wire(to_wire(spec))->services.at("bar").profiles, Words{"test"});
  EXPECT_EQ(from_wire(to_wire(spec))->inactive, spec.inactive);
  ServiceSpec without = spec.services.at("bar");
  without.profiles.clear();
  EXPECT_EQ(service_hash(recreate_keys(without)), service_hash(recreate_keys(spec.services.at("bar"))));
}

TEST(Profiles, ThatNoServiceHasAreWarnedOf) {
  Folder folder;
  folder.write("compose.yaml", kFile);
  folder.options.profiles = {"tets"};
  ASSERT_EQ(folder.load().diagnostics.all().size(), 1U);
  EXPECT_EQ(folder.load().diagnostics.all().front().message,
            "--profile tets: no service has it: did you mean \"test\"?");
}

TEST(Profiles, AnInactiveServiceIsReadForItsFaultsButItsFilesNeedNotBeHere) {
  EXPECT_EQ(faults_of("services:\n"
                      "  a: {image: \"host:\", command: x}\n"
                      "  b: {image: \"host:\", command: x, profiles: [p], env_file: none.env, tyt: true}\n"),
            "3:70: unknown key \"tyt\" in service \"b\"\n");
  EXPECT_EQ(faults_of("services:\n"
                      "  a: {image: \"host:\", command: x}\n"
                      "  b: {image: \"host:\", command: x, profiles: [p], env_file: none.env}\n"),
            "");
}

TEST(Profiles, OfAnotherFormAreFaults) {
  const std::pair<const char*, const char*> table[] = {
      {"profiles: debug", "3:15: profiles of service \"a\" must be a list, not \"debug\"\n"},
      {"profiles: [[x]]", "3:16: each item in profiles of service \"a\" must be text, not a list\n"},
  };
  for (const auto& [line, fault] : table)
    EXPECT_EQ(faults_of(std::string("services:\n  a: {image: \"host:\",\n    ") + line + "}\n"), fault);
}

TEST(Profiles, WhoNeedsAnInactiveServiceIsTold) {
  const std::pair<const char*, const char*> table[] = {
      {"network_mode: \"service:b\"",
       "2:49: network_mode of service \"a\" names service \"b\", which no active "
       "profile takes in\n"},
      {"ipc: \"service:b\"",
       "2:40: ipc of service \"a\" names service \"b\", which no active profile takes in\n"},
      {"volumes_from: [b]",
       "2:50: volumes_from of service \"a\" names service \"b\", which no active profile takes in\n"},
  };
  for (const auto& [key, fault] : table) {
    EXPECT_EQ(faults_of(std::string("services:\n  a: {image: \"host:\", command: x, ") + key +
                        "}\n  b: {image: \"host:\", command: x, profiles: [p]}\n"),
              fault);
  }
  Folder folder;
  folder.write("compose.yaml",
               "services:\n  a: {image: \"host:\", command: x, depends_on: [b]}\n"
               "  b: {image: \"host:\", command: x, profiles: [p]}\n");
  EXPECT_EQ(folder.load().diagnostics.all().front().hint, "--profile p does");
}

}  // namespace
}  // namespace stack
