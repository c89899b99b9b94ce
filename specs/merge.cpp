#include "specs/merge.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

namespace stack {
namespace {

enum class Resets { obey, keep };

void merge(Place place, Resets resets, Node& base, Node&& later);

// Address pools are the same where their subnet is, and everything else of them is merged.
void merge_pools(Node& base, Node&& later) {
  for (Node& pool : later.items) {
    const std::string subnet = identity_of(Rule::pools, pool);
    const auto same = std::find_if(base.items.begin(), base.items.end(), [&](const Node& other) {
      return !subnet.empty() && identity_of(Rule::pools, other) == subnet;
    });
    if (same == base.items.end()) {
      base.items.push_back(std::move(pool));
    } else {
      merge(Place::other, Resets::obey, *same, std::move(pool));
    }
  }
}

// A later item takes the place of the earlier one that it cannot stand beside. Two of one file are left for
// their reader, who knows whether that is a mistake.
void merge_lists(Rule rule, Node& base, Node&& later) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < base.items.size(); ++i) places.emplace(identity_of(rule, base.items[i]), i);
  places.erase("");
  for (Node& item : later.items) {
    const auto before = places.find(identity_of(rule, item));
    if (before == places.end()) {
      base.items.push_back(std::move(item));
    } else {
      base.items[before->second] = std::move(item);
      places.erase(before);
    }
  }
}

bool are_of_different_drivers(const Node& base, const Node& later) {
  const Node* ours = base.find("driver");
  const Node* theirs = later.find("driver");
  return ours != nullptr && theirs != nullptr && ours->text != theirs->text;
}

void merge_entry(Place place, Resets resets, Entry& base, Entry&& later) {
  const Rule rule = rule_of(place, base.key);
  unify(rule, base.value);
  unify(rule, later.value);
  if (rule == Rule::replaced || later.value.tag == "!override") {
    base = std::move(later);
    return;
  }
  // A key without a value says nothing, but for a variable that is passed through.
  if (later.value.is_null() && place != Place::pairs) return;
  const bool are_maps = base.value.is_map() && later.value.is_map();
  const bool are_lists = base.value.is_list() && later.value.is_list();
  if (are_maps && !(rule == Rule::driver && are_of_different_drivers(base.value, later.value))) {
    merge(below(place, base.key), resets, base.value, std::move(later.value));
  } else if (are_lists && rule == Rule::pools) {
    merge_pools(base.value, std::move(later.value));
  } else if (are_lists) {
    merge_lists(rule, base.value, std::move(later.value));
  } else {
    base = std::move(later);
  }
}

// Those of `gone`, which may be shorter.
void remove(std::vector<Entry>& entries, const std::vector<bool>& gone) {
  if (std::find(gone.begin(), gone.end(), true) == gone.end()) return;
  std::vector<Entry> kept;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (i >= gone.size() || !gone[i]) kept.push_back(std::move(entries[i]));
  entries = std::move(kept);
}

void merge(Place place, Resets resets, Node& base, Node&& later) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < base.entries.size(); ++i) places.emplace(base.entries[i].key, i);
  std::vector<bool> gone(base.entries.size());
  for (Entry& entry : later.entries) {
    const auto before = places.find(entry.key);
    const bool resets_it = entry.value.tag == "!reset";
    if (before == places.end()) {
      if (resets == Resets::obey) {
        if (resets_it) continue;
        drop_resets(entry.value);
      }
      base.entries.push_back(std::move(entry));
    } else if (!resets_it) {
      merge_entry(place, resets, base.entries[before->second], std::move(entry));
    } else if (resets == Resets::keep) {
      base.entries[before->second] = std::move(entry);
    } else {
      gone[before->second] = true;
    }
  }
  remove(base.entries, gone);
}

}  // namespace

void merge_files(Node& base, Node&& later) {
  merge(Place::root, Resets::obey, base, std::move(later));
  drop_resets(base);
}

void merge_below(Place place, Node& own, Node&& taken) {
  merge(place, Resets::keep, taken, std::move(own));
  own = std::move(taken);
}

void drop_resets(Node& root) {
  std::erase_if(root.entries, [](const Entry& entry) { return entry.value.tag == "!reset"; });
  std::erase_if(root.items, [](const Node& item) { return item.tag == "!reset"; });
  for (Entry& entry : root.entries) drop_resets(entry.value);
  for (Node& item : root.items) drop_resets(item);
}

void forget_tags(Node& root) {
  drop_resets(root);
  const auto clear = [](const auto& self, Node& node) -> void {
    node.tag.clear();
    for (Entry& entry : node.entries) self(self, entry.value);
    for (Node& item : node.items) self(self, item);
  };
  clear(clear, root);
}

}  // namespace stack
