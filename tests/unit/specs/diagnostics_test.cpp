#include "specs/diagnostics.h"

#include <gtest/gtest.h>

#include "specs/document.h"

namespace stack {
namespace {

TEST(Diagnostics, QuoteTheLineAndPutACaretBelow) {
  Diagnostics diagnostics;
  diagnostics.add_source("compose.yaml", "a:\n    enviroment:\n\tx: \xc3\xa9\xc3\xa9 b\n");
  diagnostics.warning({{"compose.yaml", 3, 8}}, FaultCode::no_effect, "tab");
  diagnostics.error({{"compose.yaml", 2, 5}, 10}, FaultCode::unknown_key,
                    "unknown key \"enviroment\" in service \"web\"", "did you mean \"environment\"?");
  diagnostics.error({}, FaultCode::invalid_value, "no place");
  EXPECT_EQ(diagnostics.render(false),
            "compose.yaml:2:5: error: unknown key \"enviroment\" in service \"web\" [unknown-key]\n"
            "    2 |     enviroment:\n"
            "      |     ^~~~~~~~~~ did you mean \"environment\"?\n"
            "compose.yaml:3:8: warning: tab [no-effect]\n"
            "    3 | \tx: \xc3\xa9\xc3\xa9 b\n"
            "      | \t      ^\n"
            "error: no place [invalid-value]\n");
  EXPECT_NE(diagnostics.render(true).find("\x1b[1;31merror:"), std::string::npos);
}

TEST(Diagnostics, KeepTheFilesEscapesFromTheTerminal) {
  Diagnostics diagnostics;
  diagnostics.add_source("f", "a: \"\x1b[2J\"\n");
  diagnostics.error({{"f", 1, 4}, 500}, FaultCode::invalid_value, "bad \x1b[2J");
  EXPECT_EQ(diagnostics.render(false).find('\x1b'), std::string::npos);
}

TEST(Diagnostics, ShowOfALongLineWhatIsAroundTheCaret) {
  Diagnostics diagnostics;
  diagnostics.add_source("f", std::string(5000, 'a') + "X" + std::string(5000, 'b'));
  diagnostics.error({{"f", 1, 5001}}, FaultCode::invalid_value, "here");
  const std::string text = diagnostics.render(false);
  EXPECT_LT(text.size(), 400U);
  const auto line = text.find(" | ", text.find('\n')), below = text.find(" | ", line + 3);
  EXPECT_EQ(text.find('X') - line, text.find('^') - below) << text;
}

TEST(Diagnostics, SayOneThingOnceAndStopAtAThousand) {
  Diagnostics diagnostics;
  for (int i = 0; i < 5; ++i) diagnostics.error({{"f", 1, 1}}, FaultCode::invalid_value, "same");
  EXPECT_EQ(diagnostics.all().size(), 1U);
  for (int i = 0; i < 5000; ++i) diagnostics.error({{"f", i, 2}}, FaultCode::invalid_value, "other");
  EXPECT_EQ(diagnostics.all().size(), 1001U);
}

TEST(Nearest, IsASlipOrTwoAway) {
  const std::vector<std::string> keys = {"environment", "ports", "image", "ipc", "volumes"};
  EXPECT_EQ(nearest("enviroment", keys), "environment");
  EXPECT_EQ(nearest("prots", keys), "ports");
  EXPECT_EQ(nearest("Image", keys), "image");
  EXPECT_EQ(nearest("ip", keys), "ipc");
  EXPECT_EQ(nearest("colour", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest(std::string(1 << 20, 'a'), keys), "");
}

std::string faults(const std::string& text) {
  Diagnostics diagnostics;
  parse_document("f", text, diagnostics);
  std::string all;
  for (const Diagnostic& d : diagnostics.all()) {
    all += std::to_string(d.pos.line) + ":" + std::to_string(d.pos.column) + ": " + d.message + "\n";
  }
  return all;
}

TEST(Document, MergesMapsAndListsOfMaps) {
  Diagnostics diagnostics;
  const Document document = parse_document(
      "f", "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 0\nd: {<<: *b, \"<<\": 5}\n",
      diagnostics);
  ASSERT_TRUE(diagnostics.all().empty()) << diagnostics.render(false);
  const Node& c = *document.root.find("c");
  EXPECT_EQ(c.find("x")->text, "0");
  EXPECT_EQ(c.find("y")->text, "1");
  EXPECT_EQ(c.find("z")->text, "2");
  EXPECT_EQ(c.find("z")->pos.line, 2);
  EXPECT_EQ(document.root.find("d")->find("y")->text, "2");
}

TEST(Document, SaysWhereAFaultIs) {
  const std::pair<const char*, const char*> cases[] = {
      {"a: 1\nb: 2\na: 3\n", "3:1: duplicate key \"a\"\n"},
      {"\xc3\xa9: {x: 1, x: 2}\n", "1:11: duplicate key \"x\"\n"},
      {"", "1:1: the file is empty\n"},
      {"- a\n", "1:1: the file must be a map of keys such as \"services:\"\n"},
      {"a: 1\n---\nb: 2\n", "2:1: more than one YAML document in a file\n"},
      {"a: &a [*a]\n", "1:8: the alias stands within its own anchor\n"},
      {"a: {<<: 5}\n", "1:9: only a map or a list of maps can be merged\n"},
      {"a: !foo 5\n", "1:4: unknown tag \"!foo\"\n"},
      {"? [a]\n: b\n", "1:3: a key must be text\n"},
      {"a: \xff\n", "1:4: the file is not UTF-8 text\n"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(faults(text), expected) << text;
  EXPECT_EQ(faults("a: [1, 2\nb: 3\n").substr(0, 4), "2:2:");
}

TEST(Document, BoundsAliasBombsDepthAndHugeKeys) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int n = 0; n < 10; ++n) bomb += before + ", ";
    bomb += "]\n";
  }
  EXPECT_NE(faults(bomb).find("more than 100000 values"), std::string::npos);
  std::string wide = "a: &a \"" + std::string(1 << 20, 'x') + "\"\nb: [";
  for (int i = 0; i < 1000; ++i) wide += "*a, ";
  EXPECT_NE(faults(wide + "]\n").find("16 MiB of text"), std::string::npos);
  EXPECT_NE(
      faults("a: " + std::string(100, '[') + std::string(100, ']')).find("nested deeper than 64 levels"),
      std::string::npos);
  EXPECT_NE(faults(std::string(5 << 20, 'k') + ": 1\n").find("larger than 4 MiB"), std::string::npos);
}

}  // namespace
}  // namespace stack
