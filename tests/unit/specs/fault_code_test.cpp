// The codes of faults: documented, in order, and each said by a file.
#include "specs/fault_code.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

// "| `cycle` | words |" of each row, in the order of the page.
std::vector<std::string> rows_of_page() {
  std::ifstream page(std::string(STACK_SOURCE_DIR) + "/specs/faults.md");
  std::vector<std::string> rows;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "| code | what it says |") in_table = true;
    if (in_table && line.starts_with("| `")) rows.push_back(line);
  }
  return rows;
}

TEST(FaultCodes, AreTheTableOfThePage) {
  std::vector<std::string> rows;
  for (const FaultKind& kind : fault_kinds())
    rows.push_back(std::string("| `") + kind.name + "` | " + kind.meaning + " |");
  EXPECT_EQ(rows_of_page(), rows);
}

TEST(FaultCodes, AreInTheOrderOfTheirNamesWhichIsThatOfTheirValues) {
  std::size_t at = 0;
  std::string before;
  for (const FaultKind& kind : fault_kinds()) {
    EXPECT_EQ(static_cast<std::size_t>(kind.code), at++) << kind.name;
    EXPECT_LT(before, kind.name);
    EXPECT_STREQ(name_of(kind.code), kind.name);
    before = kind.name;
  }
}

std::string services(const std::string& keys, const std::string& more = "") {
  return "services:\n  a:\n    image: \"host:\"\n    " + keys + "\n  b: {image: \"host:\"}\n" + more;
}

struct Case {
  FaultCode code;
  std::string text;
};

const Case kCases[] = {
    {FaultCode::address_conflict, services("networks: {default: {ipv4_address: 10.0.0.5}}")},
    {FaultCode::conflicting_keys, services("network_mode: host\n    networks: [default]")},
    {FaultCode::cycle, services("depends_on: [a]")},
    {FaultCode::duplicate_key, services("init: true\n    init: true")},
    {FaultCode::env_file_syntax, services("env_file: bad.env")},
    {FaultCode::inactive_service, services("depends_on: [c]", "  c: {image: \"host:\", profiles: [p]}\n")},
    {FaultCode::include_conflict, "include: [one.yaml, two.yaml]\n" + services("init: true")},
    {FaultCode::invalid_name, "services: {a b: {image: \"host:\"}}\n"},
    {FaultCode::invalid_value, services("mem_limit: 64q")},
    {FaultCode::missing_healthcheck, services("depends_on: {b: {condition: service_healthy}}")},
    {FaultCode::missing_key, "services: {a: {command: x}}\n"},
    {FaultCode::name_conflict, services("container_name: shop-b-1")},
    {FaultCode::never_kept, services("isolation: hyperv")},
    {FaultCode::no_effect, "version: \"3\"\n" + services("init: true")},
    {FaultCode::no_services, "networks: {}\n"},
    {FaultCode::not_utf8, services("command: \"\xff\"")},
    {FaultCode::not_yet, services("security_opt: [apparmor=x]")},
    {FaultCode::port_conflict, services("ports: [\"80:80\", \"80:81\"]")},
    {FaultCode::required_variable, services("command: \"${T:?set T}\"")},
    {FaultCode::self_reference, services("pid: \"service:a\"")},
    {FaultCode::suspicious_value,
     services("configs: [{source: c, mode: 440}]", "configs: {c: {content: x}}\n")},
    {FaultCode::target_conflict, services("volumes: [\"./x:/d\", \"./y:/d/\"]")},
    {FaultCode::too_large, services("command: " + std::string(100, '[') + std::string(100, ']'))},
    {FaultCode::undefined_config, services("configs: [c]")},
    {FaultCode::undefined_network, services("networks: [n]")},
    {FaultCode::undefined_secret, services("secrets: [s]")},
    {FaultCode::undefined_service, services("depends_on: [c]")},
    {FaultCode::undefined_volume, services("volumes: [\"v:/d\"]")},
    {FaultCode::unknown_key, services("enviroment: {}")},
    {FaultCode::unknown_option, services("volumes: [\"./x:/d:or\"]")},
    {FaultCode::unknown_profile, services("init: true")},
    {FaultCode::unreachable_service, services("links: [b]\n    networks: [n]", "networks: {n: {}}\n")},
    {FaultCode::unread_file, services("init: true")},
    {FaultCode::unreadable_file, services("env_file: none.env")},
    {FaultCode::unset_variable, services("command: $UNSET")},
    {FaultCode::variable_syntax, services("command: \"${}\"")},
    {FaultCode::wrong_type, services("ports: 80")},
    {FaultCode::yaml_syntax, "services: {a: [\n"},
};

std::set<FaultCode> codes_of(const Case& one) {
  Folder folder;
  folder.write("compose.yaml", one.text)
      .write("bad.env", "=x\n")
      .write("one.yaml", "services: {i: {image: \"host:\", init: true}}\n")
      .write("two.yaml", "services: {i: {image: \"host:\", init: false}}\n");
  if (one.code == FaultCode::unread_file) folder.write("compose.yml", one.text);
  if (one.code == FaultCode::unknown_profile) folder.options.profiles = {"q"};
  std::set<FaultCode> codes;
  const Loaded loaded = folder.load();
  for (const Diagnostic& d : loaded.diagnostics.all()) codes.insert(d.code);
  return codes;
}

TEST(FaultCodes, AreEachSaidOfAFileThatHasThatFault) {
  std::set<FaultCode> shown;
  for (const Case& one : kCases) {
    EXPECT_TRUE(codes_of(one).contains(one.code)) << name_of(one.code) << "\n" << one.text;
    shown.insert(one.code);
  }
  for (const FaultKind& kind : fault_kinds())
    EXPECT_TRUE(shown.contains(kind.code)) << kind.name << " has no example here";
}

}  // namespace
}  // namespace stack
