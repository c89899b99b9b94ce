// Where a faulty value came from: the variable and its line, and what brought the value in.
#include "specs/origin.h"

#include "specs/nodes.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

// The lines that are no excerpt, without the folder's name.
std::string told(const Folder& folder) {
  std::string text = folder.load().diagnostics.render(false);
  std::string lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (text[at] != ' ') lines += text.substr(at, end + 1 - at);
    at = end + 1;
  }
  return lines;
}

const char* const kNotAPort =
    "ports of service \"a\": \"x\" is not a port from 1 to 65535 or a range such as 8000-8010";

std::string with_port(const std::string& port) {
  return "services: {a: {image: \"host:\", ports: [\"" + port + ":80\"]}}\n";
}

TEST(Origin, IsTheLineOfTheEnvFile) {
  Folder folder;
  folder.write("compose.yaml", with_port("${PORT}")).write(".env", "# ports\nexport PORT=x\n");
  EXPECT_EQ(told(folder), std::string("compose.yaml:1:40: error: ") + kNotAPort + " [invalid-value]\n" +
                              ".env:2:8: note: variable \"PORT\" is set here\n");
}

TEST(Origin, IsTheEnvironmentWhereThatIsOverTheEnvFile) {
  Folder folder;
  folder.write("compose.yaml", with_port("${PORT}")).write(".env", "PORT=80\n");
  folder.options.environment["PORT"] = "x";
  EXPECT_EQ(told(folder), std::string("compose.yaml:1:40: error: ") + kNotAPort + " [invalid-value]\n" +
                              "compose.yaml:1:40: note: variable \"PORT\" is from the environment\n");
}

TEST(Origin, IsTheDefaultInTheFile) {
  Folder folder;
  folder.write("compose.yaml", with_port("${PORT:-x}"));
  EXPECT_EQ(
      told(folder),
      std::string("compose.yaml:1:40: error: ") + kNotAPort + " [invalid-value]\n" +
          "compose.yaml:1:40: note: variable \"PORT\" has no value, its default in the file is taken\n");
}

TEST(Origin, IsTheEnvFileOfAnInclude) {
  Folder folder;
  folder.write("compose.yaml", "include:\n  - {path: lib/a.yaml, env_file: ports.env}\n")
      .write("ports.env", "PORT=x\n")
      .write("lib/a.yaml", with_port("$PORT"));
  EXPECT_EQ(told(folder), std::string("lib/a.yaml:1:40: error: ") + kNotAPort + " [invalid-value]\n" +
                              "compose.yaml:2:5: note: brought in by this include\n"
                              "ports.env:1:1: note: variable \"PORT\" is set here\n");
}

TEST(Origin, IsTheExtendsThatBroughtTheValueIn) {
  Folder folder;
  folder.write("compose.yaml", "services:\n  a:\n    extends: {service: base, file: base.yaml}\n")
      .write("base.yaml", "services: {base: {image: \"host:\", enviroment: {}}}\n");
  EXPECT_EQ(told(folder),
            "base.yaml:1:35: error: unknown key \"enviroment\" in service \"a\" [unknown-key]\n"
            "compose.yaml:3:14: note: brought in by this extends\n");
}

TEST(Origin, IsTheAliasThatAMergeKeyNames) {
  Folder folder;
  folder.write("compose.yaml",
               "x-all: &all\n  mem_limit: 5q\nservices:\n  a:\n    <<: *all\n    image: \"host:\"\n");
  EXPECT_EQ(
      told(folder),
      "compose.yaml:2:14: error: mem_limit of service \"a\" must be a size such as \"512m\", not \"5q\" "
      "[invalid-value]\n"
      "compose.yaml:5:9: note: brought in by this alias\n");
}

TEST(Origin, ChainsHaveAnEnd) {
  Node node;
  for (int i = 0; i < 100'000; ++i) note_origin(node, Origin::How::alias, {"f", i, 1});
  ASSERT_NE(node.origins, nullptr);
  EXPECT_EQ(node.origins->length, kMostOrigins);
}

}  // namespace
}  // namespace stack
