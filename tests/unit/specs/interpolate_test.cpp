#include "specs/interpolate.h"

#include <gtest/gtest.h>

#include "specs/dotenv.h"

namespace stack {
namespace {

const std::map<std::string, std::string> kVariables = {{"X", "x"}, {"EMPTY", ""}, {"LONG_1", "long"}};

std::optional<std::string> lookup(const std::string& name) {
  const auto it = kVariables.find(name);
  return it == kVariables.end() ? std::nullopt : std::optional(it->second);
}

Interpolated filled(const std::string& text, const Lookup& from = lookup) {
  std::size_t room = kMaxTextBytes;
  return interpolate(text, from, LoneDollar::refuse, room);
}

TEST(Interpolate, KnowsAllFormsOfCompose) {
  const std::pair<const char*, const char*> cases[] = {
      {"plain", "plain"},
      {"$X", "x"},
      {"a${X}b", "axb"},
      {"$LONG_1-", "long-"},
      {"$$X $${X}", "$X ${X}"},
      {"${NO:-d}${NO-d}", "dd"},
      {"${EMPTY:-d}|${EMPTY-d}", "d|"},
      {"${X:-d}${X-d}", "xx"},
      {"${X:?e}${EMPTY?e}", "x"},
      {"${X:+v}|${EMPTY:+v}|${EMPTY+v}|${NO+v}", "v||v|"},
      {"${NO:-${X}}", "x"},
      {"${NO:-${NONE:-$X-$$}}", "x-$"},
      {"${NO:-a:-b}", "a:-b"},
      {"${NO:-{\"a\": {}}}", "{\"a\": {}}"},
      {"${X:-${NONE:?not reached}}", "x"},
      {"${NO:-}", ""},
  };
  for (const auto& [text, value] : cases) {
    const Interpolated done = filled(text);
    EXPECT_FALSE(done.fault) << text << ": " << done.fault->message;
    EXPECT_EQ(done.text, value) << text;
    EXPECT_TRUE(done.unset.empty()) << text;
  }
}

TEST(Interpolate, SaysWhereAFaultIs) {
  struct Case {
    const char* text;
    std::size_t offset;
    const char* message;
  };
  const Case cases[] = {{"a $", 2, "a \"$\" that begins no variable"},
                        {"a $1", 2, "a \"$\" that begins no variable"},
                        {"${X", 0, "\"${\" without its \"}\""},
                        {"a${X:-b", 1, "\"${\" without its \"}\""},
                        {"${}", 0, "\"${\" without the name of a variable"},
                        {"${X!}", 0, "\"${X\" is followed by no operator that is known"},
                        {"-${NO:?set it}", 1, "required variable \"NO\" is not set: set it"},
                        {"${EMPTY:?}", 0, "required variable \"EMPTY\" is not set"},
                        {"${NO:-${NONE?}}", 6, "required variable \"NONE\" is not set"}};
  for (const Case& c : cases) {
    const Interpolated done = filled(c.text);
    ASSERT_TRUE(done.fault) << c.text;
    EXPECT_EQ(done.fault->message, c.message) << c.text;
    EXPECT_EQ(done.fault->offset, c.offset) << c.text;
  }
}

TEST(Interpolate, CollectsWhatIsNotSet) {
  const Interpolated done = filled("$NO and ${NONE}");
  EXPECT_EQ(done.text, " and ");
  ASSERT_EQ(done.unset.size(), 2U);
  EXPECT_EQ(done.unset[1].name, "NONE");
  EXPECT_EQ(done.unset[1].offset, 8U);
}

TEST(Interpolate, IsBoundedInDepth) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "${A:-";
  EXPECT_TRUE(filled(text).fault);
}

TEST(Mentions, AreTheVariablesOfATextWithTheirWords) {
  using Form = VariableMention::Form;
  const auto all = mentions_in("$A ${B:-b${C}} ${D?need} ${E+e} $$F ${G:?}");
  std::vector<std::tuple<std::string, Form, std::string>> said;
  for (const VariableMention& one : all) said.emplace_back(one.name, one.form, one.word);
  const std::vector<std::tuple<std::string, Form, std::string>> expected = {
      {"A", Form::plain, ""},           {"B", Form::defaults, "b${C}"}, {"C", Form::plain, ""},
      {"D", Form::requires_it, "need"}, {"E", Form::replaces, "e"},     {"G", Form::requires_it, ""}};
  EXPECT_EQ(said, expected);
}

std::map<std::string, std::string> dotenv(const std::string& text, Diagnostics& diagnostics) {
  std::map<std::string, std::string> known;
  read_dotenv({".env", text}, lookup, diagnostics, known);
  return known;
}

TEST(Dotenv, KnowsQuotesCommentsExportAndVariables) {
  Diagnostics diagnostics;
  const auto known = dotenv(R"(
# comment
A=1
export B = two words   # comment
C='$X #literal'
D="$X\n\"q\" \$X" # comment
E=a#b
F=
G=${A}-${X}-$$
X
NOT_SET
H: yaml
I="two
lines"
J=pa$
K='it\'s'
)",
                            diagnostics);
  EXPECT_TRUE(diagnostics.all().empty()) << diagnostics.render(false);
  const std::map<std::string, std::string> expected = {
      {"A", "1"},    {"B", "two words"},  {"C", "$X #literal"}, {"D", "x\n\"q\" $X"},
      {"E", "a#b"},  {"F", ""},           {"G", "1-x-$"},       {"X", "x"},
      {"H", "yaml"}, {"I", "two\nlines"}, {"J", "pa$"},         {"K", "it's"}};
  EXPECT_EQ(known, expected);
}

TEST(Dotenv, SaysWhereAFaultIs) {
  Diagnostics diagnostics;
  dotenv("A=1\n=2\n  B C\nD='x' y\nE=${X\nF=\"open\n", diagnostics);
  std::string text;
  for (const Diagnostic& d : diagnostics.all()) {
    text += std::to_string(d.pos.line) + ":" + std::to_string(d.pos.column) + ": " + d.message + "\n";
  }
  EXPECT_EQ(text,
            "2:1: a line must begin with the name of a variable\n"
            "3:5: \"B\" must be followed by \"=\"\n"
            "4:7: nothing may follow the closing ' but a comment\n"
            "5:3: \"${\" without its \"}\"\n"
            "6:3: no closing \" of the value of \"F\"\n");
}

TEST(Interpolate, BringsInNoMoreThanAFileMayHave) {
  const std::string large(1U << 20U, 'x');
  const Lookup of_large = [&](const std::string&) { return std::optional(large); };
  std::string text;
  for (int i = 0; i < 16; ++i) text += "$V";
  EXPECT_EQ(filled(text, of_large).text.size(), 16U << 20U);
  EXPECT_EQ(filled(text + "${V:-}", of_large).fault->message, "variables bring in more than 16 MiB of text");
  // Each twice the one before.
  std::string doubling = "A0=" + std::string(1000, 'x') + "\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "$A" + std::to_string(i - 1);
    doubling += "A" + std::to_string(i) + "=" + before + before + "\n";
  }
  Diagnostics diagnostics;
  std::map<std::string, std::string> known;
  const Lookup none = [](const std::string&) { return std::optional<std::string>(); };
  read_dotenv({"x.env", doubling}, none, diagnostics, known);
  ASSERT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.all().front().message, "variables bring in more than 16 MiB of text");
}

}  // namespace
}  // namespace stack
