// `extends`: in one file, over files, in chains; what it may cost.
#include "specs/composition.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using Words = std::vector<std::string>;

// "file:line:column: message [hint]", one a line, errors alone.
std::string told(const Folder& folder) {
  std::string text;
  const Loaded loaded = folder.load();
  for (const Diagnostic& d : loaded.diagnostics.all()) {
    if (d.severity != Severity::error) continue;
    text += d.pos.file + ":" + std::to_string(d.pos.line) + ":" + std::to_string(d.pos.column) + ": " +
            d.message + (d.hint.empty() ? "" : " [" + d.hint + "]") + "\n";
  }
  return text;
}

TEST(Extends, PutsAServiceBelowTheOneThatExtendsIt) {
  const StackSpec spec = spec_of(R"(services:
  base: {image: "host:", command: [a], environment: {A: 1, B: 1}, volumes: ["/x:/d"], profiles: [never]}
  web:
    extends: base
    command: [b]
    environment: [B=2]
    volumes: ["/y:/d"]
    profiles: !reset []
  long: {extends: {service: web}, environment: {C: 3}}
)");
  const ServiceSpec& web = spec.services.at("web");
  EXPECT_EQ(web.command, Words{"b"});
  EXPECT_EQ(web.environment, (std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}}));
  ASSERT_EQ(web.mounts.size(), 1U);
  EXPECT_EQ(web.mounts.front().source, "/y");
  EXPECT_EQ(spec.services.at("long").environment.size(), 3U);
  EXPECT_EQ(spec.services.at("long").container_name, "shop-long-1");
  EXPECT_EQ(spec.inactive.size(), 1U);
}

TEST(Extends, AFileElsewhereIsReadInItsFolderAndWithOurVariables) {
  Folder folder;
  folder.write(".env", "TAG=ours\n").write("lib/.env", "TAG=theirs\n").write("lib/a.env", "FROM=lib\n");
  folder.write("lib/base.yaml", R"(services:
  base:
    build: {context: src, additional_contexts: {more: ../more, image: "docker-image://x"}, ssh: [k=key]}
    env_file: a.env
    environment: ["TAG=$TAG"]
    volumes: ["./data:/data", "../up:/up:ro", "/abs:/abs", "~/home:/home", {type: bind, source: b, target: /b}]
    security_opt: ["seccomp=p.json"]
  image: {image: "rootfs:root"}
)");
  folder.write("compose.yaml", R"(services:
  web: {extends: {file: lib/base.yaml, service: base}, volumes: ["./own:/own"]}
  root: {extends: {file: ./lib/base.yaml, service: image}, command: x}
)");
  folder.options.environment["HOME"] = "/home/me";
  const StackSpec spec = folder.spec();
  const ServiceSpec& web = spec.services.at("web");
  EXPECT_EQ(web.build->context, folder.path() + "/lib/src");
  EXPECT_EQ(web.build->additional_contexts.at("more"), folder.path() + "/more");
  EXPECT_EQ(web.build->additional_contexts.at("image"), "docker-image://x");
  EXPECT_EQ(web.build->ssh, Words{"k=" + folder.path() + "/lib/key"});
  EXPECT_EQ(web.environment, (std::map<std::string, std::string>{{"FROM", "lib"}, {"TAG", "ours"}}));
  std::map<std::string, std::string> mounts;
  for (const Mount& mount : web.mounts) mounts[mount.target] = mount.source;
  EXPECT_EQ(mounts, (std::map<std::string, std::string>{{"/abs", "/abs"},
                                                        {"/b", folder.path() + "/lib/b"},
                                                        {"/data", folder.path() + "/lib/data"},
                                                        {"/home", "/home/me/home"},
                                                        {"/own", folder.path() + "/own"},
                                                        {"/up", folder.path() + "/up"}}));
  EXPECT_EQ(web.security.seccomp_file, folder.path() + "/lib/p.json");
  EXPECT_EQ(spec.services.at("root").image.path, folder.path() + "/lib/root");
  EXPECT_EQ(web.positions.at("env_file").file, "lib/base.yaml");
  EXPECT_EQ(web.positions.at("env_file").line, 4);
  EXPECT_EQ(spec.services.size(), 2U);  // of the file there nothing but what is extended
}

TEST(Extends, GoesOnFromFileToFile) {
  Folder folder;
  folder.write("compose.yaml", "services: {a: {extends: {file: x/1.yaml, service: b}, command: x}}\n");
  folder.write("x/1.yaml", "services: {b: {extends: {file: y/2.yaml, service: c}, env_file: 1.env}}\n");
  folder.write("x/y/2.yaml", "services: {c: {extends: d}, d: {image: \"host:\", env_file: 2.env}}\n");
  folder.write("x/1.env", "A=1\n").write("x/y/2.env", "A=2\nB=2\n");
  EXPECT_EQ(folder.spec().services.at("a").environment,
            (std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}}));
}

TEST(Extends, HoldsAgainstTheFilesBeforeAsItIsTagged) {
  Folder folder;
  folder.write("1.yaml",
               "services: {a: {image: \"host:\", command: x, ports: [\"80:80\"], dns: [1.1.1.1]}}\n");
  folder.write("2.yaml",
               "services: {b: {image: \"host:\", ports: [\"81:81\"], dns: [8.8.8.8]},"
               " a: {extends: b, ports: !reset [], dns: !override [9.9.9.9]}}\n");
  folder.options.files = {"1.yaml", "2.yaml"};
  const StackSpec spec = folder.spec();
  EXPECT_TRUE(spec.services.at("a").ports.empty());
  EXPECT_EQ(spec.services.at("a").dns, Words{"9.9.9.9"});
}

struct Fault {
  const char* services;
  const char* told;
};

TEST(Extends, FaultsAreToldWhereTheyAre) {
  const Fault table[] = {
      {"  a: {extends: [b]}",
       "compose.yaml:2:16: extends of service \"a\" must be a service's name or a map, not a list\n"},
      {"  a: {extends: {file: x.yaml}}", "compose.yaml:2:16: extends of service \"a\" needs a \"service\"\n"},
      {"  a: {extends: {servce: b}}",
       "compose.yaml:2:17: unknown key \"servce\" in extends of service \"a\" [did you mean \"service\"?]\n"},
      {"  a: {extends: basse}\n  base: {image: \"host:\"}",
       "compose.yaml:2:16: service \"a\" extends undefined service \"basse\" [did you mean \"base\"?]\n"},
      {"  a: {extends: {file: lib.yaml, service: c}}",
       "compose.yaml:2:42: service \"a\" extends undefined service \"c\" of \"lib.yaml\"\n"},
      {"  a: {extends: {file: none.yaml, service: b}}",
       "compose.yaml:2:16: extends of service \"a\": read \"none.yaml\": No such file or directory\n"},
      {"  a: {extends: {file: \".\", service: b}}",
       "compose.yaml:2:16: extends of service \"a\": read \"FOLDER\": it is a folder [name the file in it: "
       "\"FOLDER/compose.yaml\"]\n"},
      {"  a: {extends: {file: /dev/zero, service: b}}",
       "compose.yaml:2:16: extends of service \"a\": read \"/dev/zero\": it is no regular file\n"},
      {"  a: {extends: {file: \"https://x/y.git\", service: b}}",
       "compose.yaml:2:16: extends of service \"a\": \"https://x/y.git\" from a repository or registry is "
       "not "
       "supported [fetch it, and name the file]\n"},
      {"  a: {extends: {file: empty.yaml, service: b}}",
       "compose.yaml:2:16: extends of service \"a\": \"empty.yaml\" has no services\n"},
      {"  a: {extends: a}", "compose.yaml:2:16: extends cycle: a -> a\n"},
      {"  a: {extends: b}\n  b: {extends: c}\n  c: {extends: b}",
       "compose.yaml:4:16: extends cycle: b -> c -> b\n"},
      {"  a: {extends: {file: compose.yaml, service: a}}", "compose.yaml:2:16: extends cycle: a -> a\n"},
      {"  a: {extends: b}\n  b: text", "compose.yaml:3:6: service \"b\" must be a map, not \"text\"\n"},
      {"  a: {extends: {file: lib.yaml, service: b}, command: x}",
       "lib.yaml:2:23: unknown key \"imag\" in service \"a\" [did you mean \"image\"?]\n"},
      {"  a: {extends: {file: lib.yaml, service: d}, command: x}",
       "lib.yaml:3:36: service \"a\" depends on undefined service \"b\"\n"},
  };
  for (const Fault& fault : table) {
    Folder folder;
    folder.write("compose.yaml", std::string("services:\n") + fault.services + "\n");
    folder.write("lib.yaml",
                 "services:\n  b: {image: \"host:\", imag: y}\n  d: {image: \"host:\", depends_on: [b]}\n");
    folder.write("empty.yaml", "x-nothing: 1\n");
    std::string expected = fault.told;
    for (std::size_t at; (at = expected.find("FOLDER")) != std::string::npos;)
      expected.replace(at, 6, folder.path());
    EXPECT_EQ(told(folder), expected) << fault.services;
  }
}

TEST(Extends, ADeepChainIsRefused) {
  const auto chain = [](int length) {
    std::string text = "services:\n  s0: {image: \"host:\", command: x}\n";
    for (int i = 1; i <= length; ++i)
      text += "  s" + std::to_string(i) + ": {extends: s" + std::to_string(i - 1) + "}\n";
    // The last first, so that it goes all the way down.
    return "services:\n  z: {extends: s" + std::to_string(length) + "}\n" + text.substr(10);
  };
  EXPECT_EQ(faults_of(chain(40)), "");
  EXPECT_NE(faults_of(chain(20'000)).find("more than 50 services, one by way of the other"),
            std::string::npos);
}

TEST(Extends, TakesNoMoreThanCanBeAfforded) {
  std::string text = "services:\n  base:\n    image: \"host:\"\n    command: x\n    labels:\n";
  for (int i = 0; i < 10'000; ++i) text += "      l" + std::to_string(i) + ": x\n";
  for (int i = 0; i < 2'000; ++i) text += "  s" + std::to_string(i) + ": {extends: base}\n";
  const std::string faults = faults_of(text);
  EXPECT_NE(faults.find("bring in more than 500000 values"), std::string::npos) << faults.substr(0, 300);
}

}  // namespace
}  // namespace stack
