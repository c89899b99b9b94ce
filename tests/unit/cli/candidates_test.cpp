#include "cmd/stack/candidates.h"

#include <gtest/gtest.h>

#include "cmd/stack/verb.h"

namespace stack::cmd {
namespace {

using Words = std::vector<std::string>;

// A command line like ours, small.
class Completion : public testing::Test {
 protected:
  Completion() {
    app_.add_option("-p,--project-name", project_)->type_name("STACK");
    app_.add_option("-f,--file", file_)->type_name("FILE");
    CLI::App* up = app_.add_subcommand("up", "Make it so");
    up->fallthrough();
    up->add_flag("-d,--detach", detach_, "Return at once");
    up->add_option("--pull", pull_)->check(CLI::IsMember({"always", "never"}));
    up->add_option("SERVICE", services_);
    up->add_option_group("How long")->add_flag("--wait", detach_);
    refuse_option(*up, "--scale", Takes::value, "no");
    CLI::App* exec = app_.add_subcommand("exec", "Run in it");
    exec->fallthrough(false);
    exec->prefix_command();
    exec->add_flag("-T", detach_);
    CLI::App* image = app_.add_subcommand("image", "Of images");
    image->fallthrough();
    image->add_subcommand("rm", "Remove")->add_option("IMAGE|SERVICE", services_);
    app_.add_subcommand("completion")->add_option("SHELL", pull_)->check(CLI::IsMember({"bash", "zsh"}));
  }

  Words at(const Words& words) {
    const auto names = [this](const std::string& kind) -> Words {
      if (kind == "STACK") return {"shop", "blog"};
      if (kind == "SERVICE") return {"web", "worker", project_ + "-db"};
      if (kind == "IMAGE") return {"redis:7"};
      return {};
    };
    Words found;
    for (const Candidate& one : candidates(app_, words, names)) found.push_back(one.word);
    return found;
  }

  CLI::App app_;
  std::string project_ = "none", file_, pull_;
  bool detach_ = false;
  Words services_;
};

TEST_F(Completion, OfVerbs) {
  EXPECT_EQ(at({""}), (Words{"up", "exec", "image", "completion"}));
  EXPECT_EQ(at({"-p", "shop", "e"}), (Words{"exec"}));
  EXPECT_EQ(at({"image", ""}), (Words{"rm"}));
  EXPECT_EQ(at({"nonsense", ""}), Words{});
}

TEST_F(Completion, OfOptionsAlsoThoseOfAllVerbs) {
  EXPECT_EQ(at({"up", "--p"}), (Words{"--pull", "--project-name"}));
  EXPECT_EQ(at({"up", "web", "--de"}), (Words{"--detach"}));
  EXPECT_EQ(at({"up", "--wa"}), (Words{"--wait"}));
  EXPECT_EQ(at({"up", "--sc"}), Words{});
  EXPECT_EQ(at({"exec", "--p"}), Words{});
}

TEST_F(Completion, OfValues) {
  EXPECT_EQ(at({"-p", ""}), (Words{"shop", "blog"}));
  EXPECT_EQ(at({"up", "--pull", "a"}), (Words{"always"}));
  EXPECT_EQ(at({"up", "--pull=a"}), (Words{"--pull=always"}));
  EXPECT_EQ(at({"up", "--pull", "="}), (Words{"always", "never"}));  // as bash parts it
  EXPECT_EQ(at({"up", "--pull", "=", "n"}), (Words{"never"}));
  EXPECT_EQ(at({"completion", "z"}), (Words{"zsh"}));
  EXPECT_EQ(at({"-f", ""}), Words{});  // the shell's own: a file
}

TEST_F(Completion, OfArgumentsEachOnce) {
  EXPECT_EQ(at({"up", "w"}), (Words{"web", "worker"}));
  EXPECT_EQ(at({"up", "web", "w"}), (Words{"worker"}));
  EXPECT_EQ(at({"image", "rm", ""}), (Words{"redis:7", "web", "worker", "none-db"}));
}

TEST_F(Completion, KnowsTheOptionsBeforeTheCursor) {
  for (const Words& line : {Words{"-p", "shop", "up", "sh"},
                            {"-pshop", "up", "sh"},
                            {"up", "-dp", "shop", "sh"},
                            {"--project-name=shop", "up", "sh"},
                            {"--project-name", "=", "shop", "up", "sh"},
                            {"-p", "shop", "up", "--", "sh"}})
    EXPECT_EQ(at(line), (Words{"shop-db"})) << testing::PrintToString(line);
}

TEST_F(Completion, LeavesAProgramsArgumentsToTheShell) {
  EXPECT_EQ(at({"exec", "-T", "we"}), (Words{"web"}));
  EXPECT_EQ(at({"exec", "web", "-"}), Words{});
  EXPECT_EQ(at({"exec", "web", "w"}), Words{});
}

TEST_F(Completion, OfNothing) {
  EXPECT_EQ(at({}), Words{});
}

}  // namespace
}  // namespace stack::cmd
