#include "cmd/stack/man_pages.h"

#include <gtest/gtest.h>

namespace stack::cmd {
namespace {

bool has(const std::string& page, const std::string& part) {
  return page.find(part) != std::string::npos;
}

class ManPage : public testing::Test {
 protected:
  ManPage() : verb_(app_.add_subcommand("rm", "Remove what has ended")) {
    app_.add_option("-f,--file", text_, "The file")->type_name("FILE");
  }
  CLI::App app_{"stack: all of it", "stack"};
  CLI::App* verb_;
  std::string text_;
  bool flag_ = false;
  std::vector<std::string> many_;
};

TEST_F(ManPage, OfTheWholeNamesTheVerbs) {
  const std::string page = man_page(app_, "1.2");
  EXPECT_TRUE(page.starts_with(".TH \"STACK\" 1 \"\" \"stack 1.2\"")) << page;
  EXPECT_TRUE(has(page, ".SH NAME\nstack \\- all of it\n")) << page;
  EXPECT_TRUE(has(page, ".SH VERBS\n.TP\n\\fBrm\\fR\nRemove what has ended\n")) << page;
  EXPECT_TRUE(has(page, ".SH SEE ALSO\n\\fBstack\\-rm\\fR(1)\n")) << page;
}

TEST_F(ManPage, OfAVerbHasItsOptionsAndThoseOfAll) {
  verb_->add_flag("-q,--quiet", flag_, "Say nothing");
  verb_->add_option("--pull", text_, "When")->check(CLI::IsMember({"always", "never"}));
  verb_->add_option("SERVICE", many_)->required();
  const std::string page = man_page(*verb_, "1.2");
  EXPECT_TRUE(has(page, "\\fBstack rm\\fR [\\fIOPTION\\fR...] \\fISERVICE\\fR...\n")) << page;
  EXPECT_TRUE(has(page, ".TP\n\\fB\\-q\\fR, \\fB\\-\\-quiet\\fR\nSay nothing\n")) << page;
  EXPECT_TRUE(has(page, "\\fB\\-\\-pull\\fR {always,never}\nWhen\n")) << page;
  EXPECT_TRUE(
      has(page, ".SH OPTIONS OF ALL VERBS\n.TP\n\\fB\\-f\\fR, \\fB\\-\\-file\\fR \\fIFILE\\fR\nThe file\n"))
      << page;
}

TEST_F(ManPage, PrintsWhatRoffWouldRead) {
  verb_->add_flag("-x", flag_, ".TH is no request, nor is\n'this, and \\n is no escape");
  const std::string page = man_page(*verb_, "1.2");
  EXPECT_TRUE(has(page, "\\&.TH is no request, nor is\n\\&'this, and \\en is no escape\n")) << page;
}

}  // namespace
}  // namespace stack::cmd
