// `include`: other projects' files in folders and with variables of their own; what they may cost.
#include "specs/composition.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using Words = std::vector<std::string>;
using Map = std::map<std::string, std::string>;

// "file:line:column: message [hint]", one a line.
std::string told(const Folder& folder) {
  std::string text;
  const Loaded loaded = folder.load();
  for (const Diagnostic& d : loaded.diagnostics.all()) {
    text += d.pos.file + ":" + std::to_string(d.pos.line) + ":" + std::to_string(d.pos.column) + ": " +
            (d.severity == Severity::warning ? "warning: " : "") + d.message +
            (d.hint.empty() ? "" : " [" + d.hint + "]") + "\n";
  }
  return text;
}

TEST(Include, BringsInWhatAnotherFileHas) {
  Folder folder;
  folder.write("compose.yaml", R"(include: [lib/compose.yaml]
services:
  web: {image: "host:", command: x, depends_on: [db], networks: [back], volumes: ["data:/d"], configs: [c], secrets: [s]}
)");
  folder.write("lib/compose.yaml", R"(services:
  db:
    image: "host:"
    command: x
    env_file: db.env
    volumes: ["./data:/d"]
    networks: [back]
networks: {back: }
volumes: {data: {driver_opts: {type: none, o: bind, device: store}}}
configs: {c: {file: c.conf}}
secrets: {s: {file: ../s.txt}}
)");
  folder.write("lib/db.env", "A=1\n");
  const StackSpec spec = folder.spec();
  EXPECT_EQ(spec.services.at("db").environment.at("A"), "1");
  EXPECT_EQ(spec.services.at("db").mounts.at(0).source, folder.path() + "/lib/data");
  EXPECT_EQ(spec.services.at("db").container_name, "shop-db-1");
  EXPECT_EQ(spec.services.at("db").positions.at("image").file, "lib/compose.yaml");
  EXPECT_EQ(spec.services.at("db").positions.at("image").line, 3);
  EXPECT_EQ(spec.networks.at("back").name, "shop_back");
  EXPECT_EQ(spec.volumes.at("data").driver_opts.at("device"), folder.path() + "/lib/store");
  EXPECT_EQ(spec.configs.at("c").file, folder.path() + "/lib/c.conf");
  EXPECT_EQ(spec.secrets.at("s").file, folder.path() + "/s.txt");
  EXPECT_EQ(spec.files, Words{folder.path() + "/compose.yaml"});
}

TEST(Include, TheLongFormSaysFolderAndVariables) {
  Folder folder;
  folder.write("compose.yaml", R"(include:
  - path: [lib/1.yaml, over/2.yaml]
    project_directory: root
    env_file: [lib/a.env, lib/b.env]
)");
  folder.write("lib/1.yaml",
               "services: {a: {image: \"host:\", command: [one, \"$A\", \"$B\"], env_file: x.env}}\n");
  folder.write("over/2.yaml", "services: {a: {command: [two, \"$A\", \"$B\", \"$C\"]}}\n");
  folder.write("lib/a.env", "A=a\nB=a\nC=a\n").write("lib/b.env", "B=b\nC=b\n").write("root/x.env", "X=1\n");
  folder.write(".env", "C=ours\n").write("root/.env", "D=unread\n");
  const StackSpec spec = folder.spec();
  EXPECT_EQ(spec.services.at("a").command, (Words{"two", "a", "b", "ours"}));
  EXPECT_EQ(spec.services.at("a").environment, (Map{{"X", "1"}}));
}

TEST(Include, HasItsOwnDotEnvBelowTheVariablesOfTheWhole) {
  Folder folder;
  folder.write("compose.yaml",
               "include: [lib/compose.yaml]\nservices: {own: {image: \"host:\", command: \"x${A}\", "
               "environment: [A]}}\n");
  folder.write("lib/compose.yaml",
               "services: {a: {command: [\"$A\", \"$B\"], environment: [A, B, N], build: "
               "{args: [A]}}}\n"
               "configs: {c: {environment: A}}\nsecrets: {s: {environment: A}}\n");
  folder.write("lib/.env", "A=lib\nB=lib\n");
  folder.options.environment["B"] = "process";
  const StackSpec spec = folder.spec();
  EXPECT_EQ(spec.services.at("a").command, (Words{"lib", "process"}));
  EXPECT_EQ(spec.services.at("a").environment, (Map{{"A", "lib"}, {"B", "process"}}));
  EXPECT_EQ(spec.services.at("a").build->args, (Map{{"A", "lib"}}));
  EXPECT_EQ(spec.services.at("own").command, Words{"x"});
  EXPECT_TRUE(spec.services.at("own").environment.empty());
  EXPECT_EQ(folder.load().environment.at("A"), "lib");  // for the config and the secret
}

TEST(Include, GoesOnInTheFilesThatItNames) {
  Folder folder;
  folder.write("compose.yaml", "include: [\"${WHERE}/1.yaml\"]\n").write(".env", "WHERE=x\n");
  folder.write("x/1.yaml",
               "include: [{path: y/2.yaml}]\nservices: {a: {image: \"host:\", command: x, env_file: e}}\n");
  folder.write(
      "x/y/2.yaml",
      "include: [../../z.yaml]\nservices: {b: {extends: {file: t.yaml, service: t}, env_file: e}}\n");
  folder.write("x/y/t.yaml", "services: {t: {image: \"host:\", command: x, volumes: [\"./d:/d\"]}}\n");
  folder.write("z.yaml", "services: {c: {image: \"host:\", command: x, env_file: e}}\n");
  folder.write("e", "AT=.\n").write("x/e", "AT=x\n").write("x/y/e", "AT=y\n");
  const StackSpec spec = folder.spec();
  EXPECT_EQ(spec.services.at("a").environment.at("AT"), "x");
  EXPECT_EQ(spec.services.at("b").environment.at("AT"), "y");
  EXPECT_EQ(spec.services.at("b").mounts.at(0).source, folder.path() + "/x/y/d");
  EXPECT_EQ(spec.services.at("c").environment.at("AT"), ".");
}

TEST(Include, IsBelowTheFileThatIncludesIt) {
  Folder folder;
  folder.write("compose.yaml", R"(include: [lib.yaml]
services:
  a: {command: [ours], ports: ["81:81"], dns: !override [9.9.9.9], labels: {x: !reset null}}
  e: {extends: a, ports: !reset []}
)");
  folder.write("lib.yaml",
               "services: {a: {image: \"host:\", command: [theirs], ports: [\"80:80\"], dns: "
               "[1.1.1.1], labels: {x: 1, y: 1}}}\n");
  const StackSpec spec = folder.spec();
  EXPECT_EQ(spec.services.at("a").command, Words{"ours"});
  EXPECT_EQ(spec.services.at("a").ports.size(), 2U);
  EXPECT_EQ(spec.services.at("a").dns, Words{"9.9.9.9"});
  EXPECT_EQ(spec.services.at("a").labels, (Map{{"y", "1"}}));
  EXPECT_EQ(spec.services.at("e").command, Words{"ours"});
}

TEST(Include, TheSameByTwoWaysIsOne) {
  Folder folder;
  folder.write("compose.yaml", "include: [left.yaml, right.yaml]\n");
  folder.write("left.yaml", "include: [base.yaml]\n").write("right.yaml", "include: [base.yaml]\n");
  folder.write("base.yaml",
               "services: {a: {image: \"host:\", command: x, x-list: [1], cap_add: [NET_ADMIN]}}\n");
  EXPECT_EQ(folder.spec().services.size(), 1U);
  EXPECT_EQ(told(folder), "");
}

TEST(Include, TwoThatDifferAreWarnedOf) {
  Folder folder;
  folder.write("compose.yaml", "include:\n  - l.yaml\n  - r.yaml\n");
  folder.write("l.yaml", "services: {a: {image: \"host:\", command: l}}\n");
  folder.write("r.yaml", "services: {a: {image: \"host:\", command: r, hostname: r}}\n");
  EXPECT_EQ(folder.spec().services.at("a").command, Words{"l"});
  EXPECT_EQ(folder.spec().services.at("a").hostname, "r");
  EXPECT_EQ(
      told(folder),
      "compose.yaml:3:5: warning: services \"a\" of \"r.yaml\" is in \"l.yaml\" too, and goes below that: "
      "where both say something, \"l.yaml\" holds\n");
}

TEST(Include, NameAndVersionOfAnIncludedFileMeanNothing) {
  Folder folder;
  folder.write("compose.yaml", "include: [l.yaml]\n");
  folder.write("l.yaml",
               "name: other\nversion: \"3\"\nx-any: 1\nservices: {a: {image: \"host:\", command: x}}\n");
  folder.options.project_name = "";
  EXPECT_NE(folder.spec().name, "other");
  EXPECT_EQ(told(folder),
            "l.yaml:1:1: warning: \"name\" of an included file means nothing\n"
            "l.yaml:2:1: warning: \"version\" of an included file means nothing\n");
}

struct Fault {
  const char* include;
  const char* told;
};

TEST(Include, FaultsAreToldWhereTheyAre) {
  const Fault table[] = {
      {"include: a.yaml", "compose.yaml:1:10: include of the file must be a list of files, not \"a.yaml\"\n"},
      {"include: [[a]]", "compose.yaml:1:11: each item in include of the file must be text, not a list\n"},
      {"include: [{project_directory: x}]", "compose.yaml:1:11: include needs a \"path\"\n"},
      {"include: [{paht: x}]",
       "compose.yaml:1:12: unknown key \"paht\" in include of the file [did you mean \"path\"?]\n"},
      {"include: [none.yaml]", "compose.yaml:1:11: include: read \"none.yaml\": No such file or directory\n"},
      {"include: [sub]",
       "compose.yaml:1:11: include: read \"sub\": it is a folder [name the file in it: "
       "\"sub/compose.yaml\"]\n"},
      {"include: [\"oci://x/y\"]",
       "compose.yaml:1:11: include of \"oci://x/y\" from a repository or registry is not supported [fetch "
       "it, and "
       "name the file]\n"},
      {"include: [{path: good.yaml, env_file: none.env}]",
       "compose.yaml:1:11: env_file of include: read \"none.env\": No such file or directory\n"},
      {"include: [compose.yaml]", "compose.yaml:1:11: include cycle: compose.yaml -> compose.yaml\n"},
      {"include: [sub/ring.yaml]", "sub/ring.yaml:1:11: include cycle: sub/ring.yaml -> sub/ring.yaml\n"},
      {"include: [back.yaml]", "back.yaml:1:11: include cycle: compose.yaml -> back.yaml -> compose.yaml\n"},
      {"include: [faulty.yaml]",
       "faulty.yaml:2:19: unknown key \"imag\" in service \"a\" [did you mean \"image\"?]\n"},
      {"include: [broken.yaml]", "broken.yaml:1:1: the file must be a map of keys such as \"services:\"\n"},
      {"include: [other.yaml]",
       "other.yaml:1:1: unknown key \"servises\" in the file [did you mean \"services\"?]\n"},
      {"include: [unset.yaml]", "unset.yaml:1:38: required variable \"NO\" is not set: say it\n"},
      {"include: [{path: good.yaml, project_directory: \"a:b\"}]",
       "compose.yaml:1:11: \"a:b\" has a \":\" in its name, which no volume \"SOURCE:TARGET\" can say [the "
       "folder of "
       "an included file must have another name]\n"},
      {"include: [list.yaml]", "list.yaml:1:11: services of the file must be a map, not a list\n"},
  };
  for (const Fault& fault : table) {
    Folder folder;
    folder.write("compose.yaml",
                 std::string(fault.include) + "\nservices: {w: {image: \"host:\", command: x}}\n");
    folder.write("good.yaml", "services: {g: {image: \"host:\", command: x}}\n");
    folder.write("sub/ring.yaml", "include: [ring.yaml]\n").write("back.yaml", "include: [compose.yaml]\n");
    folder.write("faulty.yaml", "services:\n  a: {command: x, imag: y, image: \"host:\"}\n");
    folder.write("broken.yaml", "text\n")
        .write("other.yaml", "servises: {}\n")
        .write("list.yaml", "services: [a]\n");
    folder.write("unset.yaml", "services: {u: {image: \"host:\", x-a: \"${NO:?say it}\"}}\n");
    EXPECT_EQ(told(folder), fault.told) << fault.include;
  }
}

TEST(Include, WhatIsMissingHidesNoFaultOfWhatIsThere) {
  Folder folder;
  folder.write(
      "compose.yaml",
      "include: [none.yaml]\nservices:\n  a: {image: \"host:\", command: x, tyt: y, depends_on: [of_none]}\n"
      "  b: {extends: nobody, comand: x}\n  c: {extends: b}\n");
  EXPECT_EQ(told(folder),
            "compose.yaml:1:11: include: read \"none.yaml\": No such file or directory\n"
            "compose.yaml:3:35: unknown key \"tyt\" in service \"a\" [did you mean \"tty\"?]\n"
            "compose.yaml:4:16: service \"b\" extends undefined service \"nobody\"\n"
            "compose.yaml:4:24: unknown key \"comand\" in service \"b\" [did you mean \"command\"?]\n");
}

TEST(Include, AVariableOfTwoProjectsMustBeOneForConfigsAndSecrets) {
  Folder folder;
  folder.write("compose.yaml",
               "include: [a/c.yaml, b/c.yaml]\nservices: {w: {image: \"host:\", command: x}}\n");
  folder.write("a/c.yaml", "secrets: {s: {environment: KEY}}\n").write("a/.env", "KEY=a\n");
  folder.write("b/c.yaml", "secrets: {t: {environment: KEY}}\n").write("b/.env", "KEY=b\n");
  EXPECT_EQ(
      told(folder),
      "b/c.yaml:1:28: variable \"KEY\" has another value in another included project [one of the two must "
      "have another name]\n");
}

TEST(Include, ManyAndDeepAreRefused) {
  Folder folder;
  for (int i = 0; i < 60; ++i)
    folder.write(std::to_string(i) + ".yaml", "include: [" + std::to_string(i + 1) + ".yaml]\n");
  folder.write("60.yaml", "services: {a: {image: \"host:\", command: x}}\n");
  folder.write("compose.yaml", "include: [20.yaml]\n");
  EXPECT_EQ(folder.spec().services.size(), 1U);
  folder.write("compose.yaml", "include: [0.yaml]\n");
  EXPECT_NE(told(folder).find("included more than 50 files deep"), std::string::npos);
  // Two for each of the last level is more than anybody reads.
  for (int i = 0; i < 40; ++i) {
    const std::string next = std::to_string(i + 1) + ".yaml";
    folder.write(std::to_string(i) + ".yaml", "include: [" + next + ", " + next + "]\n");
  }
  EXPECT_NE(told(folder).find("more than 500 files are included and extended"), std::string::npos);
}

}  // namespace
}  // namespace stack
