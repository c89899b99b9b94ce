#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/engine/seccomp_profile.h"
#include "specs/text.h"

namespace stack::security {
namespace {

using Json = nlohmann::json;

// "SCMP_ARCH_X86_64" -> "x86_64".
std::string architecture_of(std::string name) {
  if (name.starts_with("SCMP_ARCH_")) name.erase(0, 10);
  return lower_case(std::move(name));
}

// The profile's conditions use Go's words.
std::string go_architecture() {
  const std::string native = native_architecture();
  if (native == "x86_64") return "amd64";
  if (native == "aarch64") return "arm64";
  return native;
}

Result<Verdict> verdict_of(const std::string& action, const Json& holder, const char* number_key,
                           const char* name_key) {
  using Kind = Verdict::Kind;
  static const std::map<std::string, Kind> kinds = {{"SCMP_ACT_ALLOW", Kind::allow},
                                                    {"SCMP_ACT_ERRNO", Kind::refuse},
                                                    {"SCMP_ACT_LOG", Kind::log},
                                                    {"SCMP_ACT_TRAP", Kind::trap},
                                                    {"SCMP_ACT_KILL", Kind::kill_thread},
                                                    {"SCMP_ACT_KILL_THREAD", Kind::kill_thread},
                                                    {"SCMP_ACT_KILL_PROCESS", Kind::kill_process}};
  const auto kind = kinds.find(action);
  if (kind == kinds.end()) return fault("action \"" + action + "\" is not supported");
  if (kind->second != Kind::refuse) return Verdict{kind->second, 0};
  if (holder.contains(number_key)) return Verdict{Kind::refuse, holder.at(number_key).get<std::uint16_t>()};
  if (holder.contains(name_key))
    return Verdict{Kind::refuse, TRY(errno_by_name(holder.at(name_key).get<std::string>()))};
  return Verdict{Kind::refuse, EPERM};
}

Result<ArgumentTest> test_of(const Json& argument) {
  using Op = ArgumentTest::Op;
  static const std::map<std::string, Op> ops = {{"SCMP_CMP_EQ", Op::equal},
                                                {"SCMP_CMP_NE", Op::not_equal},
                                                {"SCMP_CMP_LT", Op::less},
                                                {"SCMP_CMP_LE", Op::less_equal},
                                                {"SCMP_CMP_GT", Op::greater},
                                                {"SCMP_CMP_GE", Op::greater_equal},
                                                {"SCMP_CMP_MASKED_EQ", Op::masked_equal}};
  const auto word = argument.at("op").get<std::string>();
  const auto op = ops.find(word);
  if (op == ops.end()) return fault("unknown op \"" + word + "\"");
  ArgumentTest test{argument.at("index").get<unsigned>(), op->second,
                    argument.at("value").get<std::uint64_t>(), 0};
  if (test.index > 5) return fault("a system call has arguments 0 to 5");
  if (op->second == Op::masked_equal) {  // there `value` is the mask
    test.mask = test.value;
    test.value = argument.value("valueTwo", std::uint64_t{0});
  }
  return test;
}

bool kernel_is_at_least(const std::string& least) {
  utsname names{};
  int have[2] = {0, 0}, want[2] = {0, 0};
  if (::uname(&names) != 0 || std::sscanf(names.release, "%d.%d", &have[0], &have[1]) != 2) return false;
  if (std::sscanf(least.c_str(), "%d.%d", &want[0], &want[1]) != 2) return false;
  return have[0] != want[0] ? have[0] > want[0] : have[1] >= want[1];
}

// An `includes` is met when each of its conditions holds; an `excludes` strikes when any does.
struct Conditions {
  bool all = true;
  bool any = false;
  void add(bool holds) {
    all = all && holds;
    any = any || holds;
  }
};

Result<Conditions> conditions_of(const Json& entry, const char* key, std::uint64_t held) {
  Conditions conditions;
  if (!entry.contains(key) || !entry.at(key).is_object()) return conditions;
  const Json& filter = entry.at(key);
  const auto list = [&](const char* name) {
    return filter.contains(name) && filter.at(name).is_array()
               ? filter.at(name).get<std::vector<std::string>>()
               : std::vector<std::string>();
  };
  const auto architectures = list("arches");
  const auto native = std::find(architectures.begin(), architectures.end(), go_architecture());
  if (!architectures.empty()) conditions.add(native != architectures.end());
  for (const std::string& capability : list("caps")) conditions.add(TRY(holds_capability(capability, held)));
  if (filter.contains("minKernel"))
    conditions.add(kernel_is_at_least(filter.at("minKernel").get<std::string>()));
  return conditions;
}

Result<void> add_rules(const Json& entry, std::uint64_t held, SeccompProfile& profile) {
  if (!TRY(conditions_of(entry, "includes", held)).all) return {};
  if (TRY(conditions_of(entry, "excludes", held)).any) return {};
  SeccompRule rule;
  if (entry.contains("names")) rule.calls = entry.at("names").get<std::vector<std::string>>();
  if (entry.contains("name")) rule.calls.push_back(entry.at("name").get<std::string>());
  rule.verdict = TRY(verdict_of(entry.at("action").get<std::string>(), entry, "errnoRet", "errno"));
  std::set<unsigned> indexes;
  if (entry.contains("args") && entry.at("args").is_array()) {
    for (const Json& argument : entry.at("args")) {
      rule.tests.push_back(TRY(test_of(argument)));
      indexes.insert(rule.tests.back().index);
    }
  }
  if (indexes.size() == rule.tests.size()) {
    profile.rules.push_back(std::move(rule));
    return {};
  }
  // Two tests of one argument are alternatives in Docker's format: a rule each.
  for (const ArgumentTest& test : rule.tests) profile.rules.push_back({rule.calls, rule.verdict, {test}});
  return {};
}

Result<SeccompProfile> read_document(const Json& document, std::uint64_t held) {
  SeccompProfile profile;
  profile.names_may_be_unknown = true;
  profile.otherwise = TRY(verdict_of(document.at("defaultAction").get<std::string>(), document,
                                     "defaultErrnoRet", "defaultErrno"));
  const std::string native = native_architecture();
  if (document.contains("archMap") && document.at("archMap").is_array()) {
    for (const Json& entry : document.at("archMap")) {
      if (architecture_of(entry.at("architecture").get<std::string>()) != native) continue;
      if (!entry.contains("subArchitectures") || !entry.at("subArchitectures").is_array()) continue;
      for (const Json& sub : entry.at("subArchitectures"))
        profile.architectures.push_back(architecture_of(sub.get<std::string>()));
    }
  }
  if (document.contains("architectures") && document.at("architectures").is_array()) {
    for (const Json& name : document.at("architectures")) {
      const std::string architecture = architecture_of(name.get<std::string>());
      if (architecture != native) profile.architectures.push_back(architecture);
    }
  }
  if (document.contains("syscalls") && document.at("syscalls").is_array())
    for (const Json& entry : document.at("syscalls")) TRY(add_rules(entry, held, profile));
  return profile;
}

}  // namespace

Result<SeccompProfile> read_seccomp_json(const std::string& text, std::uint64_t held) {
  try {
    return read_document(Json::parse(text), held);
  } catch (const Json::exception& e) {
    return fault(e.what());
  }
}

}  // namespace stack::security
