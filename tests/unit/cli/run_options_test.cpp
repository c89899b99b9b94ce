#include "cmd/stack/run_options.h"

#include <gtest/gtest.h>

#include "core/sys/files.h"

namespace stack::cmd {
namespace {

using Words = std::vector<std::string>;
using Map = std::map<std::string, std::string>;

RunPlace here() {
  return {::testing::TempDir(), {{"HOME", "/root"}, {"OWN", "mine"}}};
}

std::string fault_of(const RunWords& words) {
  const auto options = one_off_options({}, words, here());
  return options.ok() ? "" : options.error().words;
}

TEST(RunOptions, PassOnVariablesAsGivenAndAsTheyAreHere) {
  RunWords words;
  words.environment = {"A=1", "B=x=y", "OWN", "ABSENT", "E="};
  EXPECT_EQ(one_off_options({}, words, here())->environment,
            (Map{{"A", "1"}, {"B", "x=y"}, {"OWN", "mine"}, {"E", ""}}));
}

TEST(RunOptions, ReadEnvFilesWhichTheLineOverrules) {
  const std::string file = ::testing::TempDir() + "run.env";
  ASSERT_TRUE(replace_file(file, "A=file\nB=\"two words\"\nOWN\n", 0600, Durability::none).ok());
  RunWords words;
  words.env_files = {"run.env"};
  words.environment = {"A=line"};
  EXPECT_EQ(one_off_options({}, words, here())->environment,
            (Map{{"A", "line"}, {"B", "two words"}, {"OWN", "mine"}}));
  ASSERT_TRUE(remove_tree(file).ok());
}

TEST(RunOptions, SplitAnEntrypointAsAShellDoesAndAnEmptyOneIsNone) {
  RunWords words;
  EXPECT_FALSE(one_off_options({}, words, here())->entrypoint);
  words.entrypoint = "sh -c 'echo hi'";
  EXPECT_EQ(one_off_options({}, words, here())->entrypoint, (Words{"sh", "-c", "echo hi"}));
  words.entrypoint = "";
  EXPECT_EQ(one_off_options({}, words, here())->entrypoint, Words{});
}

TEST(RunOptions, TellWhatIsWrong) {
  RunWords words;
  words.environment = {"=x"};
  EXPECT_EQ(fault_of(words), "-e wants NAME=VALUE or NAME, not \"=x\"");
  words = {};
  words.labels = {"plain"};
  EXPECT_EQ(fault_of(words), "-l wants NAME=VALUE, not \"plain\"");
  words = {};
  words.working_dir = "srv";
  EXPECT_EQ(fault_of(words), "-w wants an absolute path, not \"srv\"");
  words = {};
  words.entrypoint = "sh 'x";
  EXPECT_EQ(fault_of(words), "--entrypoint has a quote that does not end: sh 'x");
  words = {};
  words.service_ports = true;
  words.ports = {"80"};
  EXPECT_EQ(fault_of(words), "--service-ports and --publish cannot be had together");
  words = {};
  words.env_files = {"/no/such/file"};
  EXPECT_TRUE(fault_of(words).starts_with("--env-from-file: ")) << fault_of(words);
}

}  // namespace
}  // namespace stack::cmd
