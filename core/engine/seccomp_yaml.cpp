#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>

#include "core/engine/seccomp_profile.h"

namespace stack::security {
namespace {

// Where a node begins, for the words of a fault; yaml-cpp counts from 0.
std::string place(const YAML::Node& node) {
  return "line " + std::to_string(node.Mark().line + 1) + ": ";
}

Result<void> only_keys(const YAML::Node& map, const std::vector<std::string>& known) {
  if (!map.IsMap()) return fault(place(map) + "expected a mapping");
  for (const auto& entry : map) {
    const auto key = entry.first.as<std::string>();
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fault(place(entry.first) + "unknown key \"" + key + "\"");
  }
  return {};
}

Result<Verdict> verdict_of(const YAML::Node& node) {
  if (!node) return Verdict{Verdict::Kind::allow, 0};
  static const std::map<std::string, Verdict::Kind> kinds = {{"allow", Verdict::Kind::allow},
                                                             {"log", Verdict::Kind::log},
                                                             {"trap", Verdict::Kind::trap},
                                                             {"kill_thread", Verdict::Kind::kill_thread},
                                                             {"kill_process", Verdict::Kind::kill_process}};
  const auto word = node.as<std::string>();
  if (const auto kind = kinds.find(word); kind != kinds.end()) return Verdict{kind->second, 0};
  return Verdict{Verdict::Kind::refuse, TRY(errno_by_name(word).with(place(node) + "action"))};
}

Result<ArgumentTest> test_of(const YAML::Node& node) {
  TRY(only_keys(node, {"arg", "op", "value", "mask"}));
  using Op = ArgumentTest::Op;
  static const std::map<std::string, Op> ops = {
      {"==", Op::equal},  {"!=", Op::not_equal},     {"<", Op::less},          {"<=", Op::less_equal},
      {">", Op::greater}, {">=", Op::greater_equal}, {"&==", Op::masked_equal}};
  const auto op = ops.find(node["op"].as<std::string>());
  if (op == ops.end()) return fault(place(node) + "unknown op \"" + node["op"].as<std::string>() + "\"");
  ArgumentTest test{node["arg"].as<unsigned>(), op->second, node["value"].as<std::uint64_t>(), 0};
  if (test.index > 5) return fault(place(node) + "a system call has arguments 0 to 5");
  if (op->second == Op::masked_equal) test.mask = node["mask"].as<std::uint64_t>();
  return test;
}

Result<bool> applies(const YAML::Node& group, std::uint64_t held) {
  if (const auto on = group["architecture"]) {
    const auto list = on.as<std::vector<std::string>>();
    if (std::find(list.begin(), list.end(), native_architecture()) == list.end()) return false;
  }
  if (const auto needed = group["capability"])
    if (!TRY(holds_capability(needed.as<std::string>(), held).with(place(needed)))) return false;
  if (const auto without = group["without"])
    if (TRY(holds_capability(without.as<std::string>(), held).with(place(without)))) return false;
  return true;
}

Result<SeccompProfile> read_document(const YAML::Node& document, std::uint64_t held) {
  TRY(only_keys(document, {"otherwise", "architectures", "groups"}));
  SeccompProfile profile;
  if (!document["otherwise"]) return fault("no \"otherwise\": the action for calls in no group");
  profile.otherwise = TRY(verdict_of(document["otherwise"]));
  const auto architectures = document["architectures"];
  if (architectures && architectures[native_architecture()])
    profile.architectures = architectures[native_architecture()].as<std::vector<std::string>>();
  for (const auto& group : document["groups"]) {
    TRY(only_keys(group, {"about", "calls", "action", "architecture", "capability", "without", "when"}));
    if (!TRY(applies(group, held))) continue;
    SeccompRule rule{group["calls"].as<std::vector<std::string>>(), TRY(verdict_of(group["action"])), {}};
    for (const auto& test : group["when"]) rule.tests.push_back(TRY(test_of(test)));
    profile.rules.push_back(std::move(rule));
  }
  return profile;
}

}  // namespace

Result<SeccompProfile> read_seccomp_yaml(const std::string& text, std::uint64_t held) {
  try {
    return read_document(YAML::Load(text), held);
  } catch (const YAML::Exception& e) {
    return fault("line " + std::to_string(e.mark.line + 1) + ": " + e.msg);
  }
}

}  // namespace stack::security
