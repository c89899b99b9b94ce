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

void note_origin(Node& node, Origin::How how, const SourcePos& pos) {
  // Most of a tree has come in one way, and shares what says so.
  std::map<const Origin*, Origins> preceding;
  const auto note = [&](const auto& self, Node& one) -> void {
    Origins& origins = preceding[one.origins.get()];
    if (origins == nullptr) origins = preceded(one.origins, how, "", pos);
    one.origins = origins;
    for (Node& item : one.items) self(self, item);
    for (Entry& entry : one.entries) self(self, entry.value);
  };
  note(note, node);
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
