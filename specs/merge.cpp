#include "specs/merge.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace stack {
namespace {

// Where in the file a map is, as far as the rules differ.
enum class Place {
  root,
  services,
  service,
  build,
  healthcheck,
  networks,
  network,
  ipam,
  resources,
  resource,
  other
};

Place below(Place place, const std::string& key) {
  switch (place) {
    case Place::root:
      if (key == "services") return Place::services;
      if (key == "networks") return Place::networks;
      return key == "volumes" || key == "configs" || key == "secrets" ? Place::resources : Place::other;
    case Place::services:
      return Place::service;
    case Place::service:
      return key == "healthcheck" ? Place::healthcheck : key == "build" ? Place::build : Place::other;
    case Place::networks:
      return Place::network;
    case Place::network:
      return key == "ipam" ? Place::ipam : Place::other;
    case Place::resources:
      return Place::resource;
    case Place::build:
    case Place::healthcheck:
    case Place::ipam:
    case Place::resource:
    case Place::other:
      return Place::other;
  }
  return Place::other;
}

template <std::size_t N>
bool is_one_of(const std::string& key, const std::array<std::string_view, N>& keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// A command is replaced as a whole: half of one and half of another is none.
bool is_replaced(Place place, const std::string& key) {
  return (place == Place::service && (key == "command" || key == "entrypoint")) ||
         (place == Place::healthcheck && key == "test");
}

// NAME=VALUE lists, which are merged by name.
bool is_pairs(Place place, const std::string& key) {
  static constexpr std::array<std::string_view, 4> kPairs = {"environment", "labels", "sysctls",
                                                             "annotations"};
  static constexpr std::array<std::string_view, 4> kPairsOfBuild = {"args", "labels", "ssh",
                                                                    "additional_contexts"};
  return (place == Place::service && is_one_of(key, kPairs)) ||
         (place == Place::build && is_one_of(key, kPairsOfBuild)) ||
         ((place == Place::network || place == Place::resource) && key == "labels");
}

// A text that may as well be a list of one.
bool is_text_or_list(Place place, const std::string& key) {
  static constexpr std::array<std::string_view, 4> kLists = {"env_file", "dns", "dns_search", "tmpfs"};
  return place == Place::service && is_one_of(key, kLists);
}

Node copy_of_place(const Node& from, Node::Kind kind) {
  Node node;
  node.kind = kind;
  node.pos = from.pos;
  node.length = from.length;
  node.offset = from.offset;
  return node;
}

void put(Node& map, Entry entry) {
  if (Node* before = map.find(entry.key)) {
    *before = std::move(entry.value);
  } else {
    map.entries.push_back(std::move(entry));
  }
}

// A list that holds something else than text is left as it is: its fault is found by who reads it.
bool is_list_of_text(const Node& node) {
  return node.is_list() &&
         std::all_of(node.items.begin(), node.items.end(), [](const Node& n) { return n.is_scalar(); });
}

void pairs_to_map(Node& node) {
  if (!is_list_of_text(node)) return;
  Node map = copy_of_place(node, Node::Kind::map);
  for (Node& item : node.items) {
    const auto equals = item.text.find('=');
    Node value = copy_of_place(item, equals == std::string::npos ? Node::Kind::null : Node::Kind::scalar);
    value.unset = item.unset;
    if (equals != std::string::npos) value.text = item.text.substr(equals + 1);
    put(map, {item.text.substr(0, equals), item.pos, item.length, std::move(value)});
  }
  node = std::move(map);
}

// [a, b] of depends_on and networks to {a: ..., b: ...}.
void names_to_map(Node& node, bool is_dependency) {
  if (!is_list_of_text(node)) return;
  Node map = copy_of_place(node, Node::Kind::map);
  for (Node& item : node.items) {
    Node value = copy_of_place(item, is_dependency ? Node::Kind::map : Node::Kind::null);
    if (is_dependency) {
      Node started = copy_of_place(item, Node::Kind::scalar);
      started.text = "service_started";
      value.entries.push_back({"condition", item.pos, item.length, std::move(started)});
    }
    put(map, {item.text, item.pos, item.length, std::move(value)});
  }
  node = std::move(map);
}

void hosts_to_list(Node& node) {
  if (!node.is_map()) return;
  Node list = copy_of_place(node, Node::Kind::list);
  const auto add = [&](const std::string& name, Node& address) {
    address.text = name + "=" + address.text;
    list.items.push_back(std::move(address));
  };
  for (Entry& entry : node.entries) {
    if (!entry.value.is_list()) add(entry.key, entry.value);
    for (Node& item : entry.value.items) add(entry.key, item);
  }
  node = std::move(list);
}

void text_to_list(Node& node) {
  if (!node.is_scalar()) return;
  Node list = copy_of_place(node, Node::Kind::list);
  list.items.push_back(std::move(node));
  node = std::move(list);
}

// `build: DIR` to {context: DIR}.
void context_to_map(Node& node) {
  if (!node.is_scalar()) return;
  Node map = copy_of_place(node, Node::Kind::map);
  map.entries.push_back({"context", node.pos, node.length, std::move(node)});
  node = std::move(map);
}

// Both to the form in which they can be merged.
void unify(Place place, const std::string& key, Node& node) {
  if (is_pairs(place, key)) pairs_to_map(node);
  if (place == Place::service && (key == "depends_on" || key == "networks"))
    names_to_map(node, key == "depends_on");
  if ((place == Place::service || place == Place::build) && key == "extra_hosts") hosts_to_list(node);
  if (place == Place::service && key == "build") context_to_map(node);
  if (is_text_or_list(place, key)) text_to_list(node);
}

void merge(Place place, Node& base, Node&& later);

// Address pools are the same where their subnet is.
void merge_pools(Node& base, Node&& later) {
  for (Node& pool : later.items) {
    const Node* subnet = pool.find("subnet");
    const auto same = std::find_if(base.items.begin(), base.items.end(), [&](const Node& other) {
      const Node* theirs = other.find("subnet");
      return subnet != nullptr && theirs != nullptr && theirs->text == subnet->text;
    });
    if (same == base.items.end()) {
      base.items.push_back(std::move(pool));
    } else {
      merge(Place::other, *same, std::move(pool));
    }
  }
}

void merge_entry(Place place, Entry& base, Entry&& later) {
  const std::string& key = base.key;
  unify(place, key, base.value);
  unify(place, key, later.value);
  const bool same_kind = base.value.kind == later.value.kind;
  const bool is_container = later.value.is_list() || later.value.is_map();
  const bool is_container_below = base.value.is_map() || base.value.is_list();
  if (later.value.is_null() && is_container_below && !is_pairs(place, key) && !is_replaced(place, key))
    return;
  if (!same_kind || !is_container || is_replaced(place, key) || later.value.tag == "!override") {
    base = std::move(later);
  } else if (later.value.is_map()) {
    merge(below(place, key), base.value, std::move(later.value));
  } else if (place == Place::ipam && key == "config") {
    merge_pools(base.value, std::move(later.value));
  } else {
    std::move(later.value.items.begin(), later.value.items.end(), std::back_inserter(base.value.items));
  }
}

void merge(Place place, Node& base, Node&& later) {
  for (Entry& entry : later.entries) {
    const auto before = std::find_if(base.entries.begin(), base.entries.end(),
                                     [&](const Entry& e) { return e.key == entry.key; });
    if (entry.value.tag == "!reset") {
      if (before != base.entries.end()) base.entries.erase(before);
    } else if (before == base.entries.end()) {
      drop_resets(entry.value);
      base.entries.push_back(std::move(entry));
    } else {
      merge_entry(place, *before, std::move(entry));
    }
  }
}

}  // namespace

void merge_files(Node& base, Node&& later) {
  merge(Place::root, base, std::move(later));
  drop_resets(base);
}

void drop_resets(Node& root) {
  std::erase_if(root.entries, [](const Entry& entry) { return entry.value.tag == "!reset"; });
  std::erase_if(root.items, [](const Node& item) { return item.tag == "!reset"; });
  for (Entry& entry : root.entries) drop_resets(entry.value);
  for (Node& item : root.items) drop_resets(item);
}

}  // namespace stack
