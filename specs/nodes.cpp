#include "specs/nodes.h"

#include <algorithm>
#include <map>

namespace stack {

Weight weight_of(const Node& node) {
  Weight weight{1, node.text.size()};
  const auto add = [&](const Node& below) {
    const Weight one = weight_of(below);
    weight.nodes += one.nodes;
    weight.bytes += one.bytes;
  };
  for (const Node& item : node.items) add(item);
  for (const Entry& entry : node.entries) {
    weight.bytes += entry.key.size();
    add(entry.value);
  }
  return weight;
}

bool same_value(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.quoted != b.quoted || a.tag != b.tag) return false;
  if (a.entries.size() != b.entries.size()) return false;
  std::map<std::string, const Node*> theirs;
  for (const Entry& entry : b.entries) theirs[entry.key] = &entry.value;
  for (const Entry& entry : a.entries) {
    const auto it = theirs.find(entry.key);
    if (it == theirs.end() || !same_value(entry.value, *it->second)) return false;
  }
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_value);
}

}  // namespace stack
