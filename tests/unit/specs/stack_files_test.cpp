// What goes with a stack that is taken elsewhere.
#include "specs/stack_files.h"

#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using Words = std::vector<std::string>;

// "web: env_file x.env" with the folder left out; "!" before what is named by an absolute path.
Words listed(const Folder& folder, StackFile::Kind kind) {
  Words words;
  const Result<StackFiles> files = stack_files(folder.options);
  EXPECT_TRUE(files.ok());
  for (const StackFile& file : files->files) {
    if (file.kind != kind) continue;
    const std::string path =
        file.path.starts_with(folder.path() + "/") ? file.path.substr(folder.path().size() + 1) : file.path;
    words.push_back((file.relative ? "" : "!") + path + (file.required ? "" : "?"));
  }
  return words;
}

constexpr const char* kFile = R"(
services:
  web:
    image: "oci:images/web:1"
    command: x
    env_file: [a.env, {path: b.env, required: false}, /etc/c.env]
    security_opt: ["seccomp=profile.json", "no-new-privileges:true"]
    configs: [c]
    volumes:
      - ./data:/data:ro
      - /srv:/srv
      - named:/n
      - /anonymous
      - {type: bind, source: ../up, target: /up}
      - {type: volume, source: named, target: /m}
  db: {image: "rootfs:root", command: x, env_file: a.env, security_opt: ["seccomp:unconfined"]}
configs: {c: {file: c.conf}, inline: {content: x}}
secrets: {s: {file: ~/s.txt}}
volumes: {named: {}}
)";

TEST(StackFiles, ListsWhatTheFileNames) {
  Folder folder;
  folder.write("app/compose.yaml", kFile).write("app/.env", "A=1\n");
  folder.options.directory = folder.path() + "/app";
  folder.options.environment["HOME"] = "/home/me";
  EXPECT_EQ(listed(folder, StackFile::Kind::stack), Words{"!app/compose.yaml"});
  EXPECT_EQ(listed(folder, StackFile::Kind::variables), Words{"!app/.env"});
  EXPECT_EQ(listed(folder, StackFile::Kind::env_file),
            (Words{"app/a.env", "app/b.env?", "!/etc/c.env", "app/a.env"}));
  EXPECT_EQ(listed(folder, StackFile::Kind::config), Words{"app/c.conf"});
  EXPECT_EQ(listed(folder, StackFile::Kind::secret), Words{"!/home/me/s.txt"});
  EXPECT_EQ(listed(folder, StackFile::Kind::seccomp), Words{"app/profile.json"});
  EXPECT_EQ(listed(folder, StackFile::Kind::bind), (Words{"app/data", "!/srv", "up"}));
  EXPECT_EQ(listed(folder, StackFile::Kind::image), (Words{"app/images/web", "app/root"}));
}

TEST(StackFiles, ListsTheFilesAsMergedAndInterpolated) {
  Folder folder;
  folder.write("one.yaml", "services: {a: {image: \"host:\", command: x, env_file: \"${WHICH}.env\"}}\n");
  folder.write("two.yaml", "configs: {c: {file: c.conf}}\n").write("other.env", "WHICH=some\n");
  folder.options.files = {"one.yaml", "two.yaml"};
  folder.options.env_files = {"other.env"};
  EXPECT_EQ(listed(folder, StackFile::Kind::stack), (Words{"!one.yaml", "!two.yaml"}));
  EXPECT_EQ(listed(folder, StackFile::Kind::variables), Words{"!other.env"});
  EXPECT_EQ(listed(folder, StackFile::Kind::env_file), Words{"some.env"});
  EXPECT_EQ(listed(folder, StackFile::Kind::config), Words{"c.conf"});
}

TEST(StackFiles, ListsWhatIsIncludedAndExtended) {
  Folder folder;
  folder.write("app/lib/l.yaml", "services: {l: {image: \"oci:img\", command: $V, env_file: l.env}}\n");
  folder.write("app/lib/.env", "V=1\nW=2\n").write("app/m.env", "").write("app/lib/l.env", "");
  folder.write("more/m.yaml", "configs: {c: {file: c.conf}}\nsecrets: {s: {environment: W}}\n");
  folder.write("app/base/b.yaml", "services: {b: {image: \"host:\", volumes: [\"./d:/d\"]}}\n");
  folder.write("abs.yaml", "secrets: {t: {file: t.txt}}\n").write("x.txt", "");
  std::string text = "include: [lib/l.yaml, {path: ../more/m.yaml, env_file: m.env}, " + folder.path() +
                     "/abs.yaml]\nservices: {a: {extends: {file: base/b.yaml, service: b}, command: x}}\n";
  folder.write("app/compose.yaml", text);
  folder.options.directory = folder.path() + "/app";
  folder.options.environment["V"] = "process";
  EXPECT_EQ(listed(folder, StackFile::Kind::named), (Words{"app/lib/l.yaml", "app/lib/.env", "more/m.yaml",
                                                           "app/m.env", "!abs.yaml", "app/base/b.yaml"}));
  EXPECT_EQ(listed(folder, StackFile::Kind::env_file), Words{"app/lib/l.env"});
  EXPECT_EQ(listed(folder, StackFile::Kind::bind), Words{"app/base/d"});
  EXPECT_EQ(listed(folder, StackFile::Kind::config), Words{"more/c.conf"});
  EXPECT_EQ(listed(folder, StackFile::Kind::secret), Words{"!t.txt"});
  EXPECT_EQ(listed(folder, StackFile::Kind::image), Words{"app/lib/img"});
  EXPECT_EQ(stack_files(folder.options)->unbound, std::set<std::string>{"V"});
}

TEST(StackFiles, NamesTheVariablesThatOnlyThisProcessHas) {
  Folder folder;
  folder.write("compose.yaml",
               "services: {a: {image: \"host:\", command: \"$USED $BOUND $SAME ${UNSET:-x}\", environment: "
               "[PASSED, GIVEN=1]}}\nsecrets: {s: {environment: TOKEN}}\n");
  folder.write(".env", "BOUND=file\nSAME=same\nINDIRECT=$DEEP\n");
  for (const char* name : {"USED", "BOUND", "PASSED", "GIVEN", "TOKEN", "DEEP", "UNUSED"})
    folder.options.environment[name] = "process";
  folder.options.environment["SAME"] = "same";
  const Result<StackFiles> files = stack_files(folder.options);
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->unbound, (std::set<std::string>{"BOUND", "DEEP", "PASSED", "TOKEN", "USED"}));
}

}  // namespace
}  // namespace stack
