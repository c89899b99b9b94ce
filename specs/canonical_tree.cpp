#include "specs/canonical_tree.h"

namespace stack::canonical {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out.append(c == '$' ? 2 : 1, c);
  return out;
}

Tree list_of(const std::vector<std::string>& items) {
  Tree list = Tree::array();
  for (const std::string& item : items) list.push_back(escaped(item));
  return list;
}

Tree map_of(const std::map<std::string, std::string>& items) {
  Tree map = Tree::object();
  for (const auto& [key, value] : items) map[key] = escaped(value);
  return map;
}

std::string duration(Nanoseconds value) {
  struct Unit {
    const char* name;
    std::int64_t length;
  };
  constexpr Unit kUnits[] = {{"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000},
                             {"ms", 1'000'000},        {"us", 1'000},         {"ns", 1}};
  std::int64_t left = value.count();
  if (left == 0) return "0s";
  std::string text;
  for (const Unit& unit : kUnits) {
    if (left < unit.length) continue;
    text += std::to_string(left / unit.length) + unit.name;
    left %= unit.length;
  }
  return text;
}

Tree hosts_of(const std::map<std::string, std::vector<std::string>>& hosts) {
  Tree all = Tree::array();
  for (const auto& [name, addresses] : hosts) {
    for (const std::string& address : addresses) all.push_back(name + "=" + address);
  }
  return all;
}

Tree limits_of(const std::map<std::string, Ulimit>& ulimits) {
  Tree all = Tree::object();
  for (const auto& [name, limit] : ulimits) all[name] = {{"soft", limit.soft}, {"hard", limit.hard}};
  return all;
}

void put(Tree& tree, const char* key, Tree value) {
  if (value.is_null() || (value.is_structured() && value.empty())) return;
  if (value.is_string() && value.get_ref<const std::string&>().empty()) return;
  tree[key] = std::move(value);
}

}  // namespace stack::canonical
