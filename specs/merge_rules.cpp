#include "specs/merge_rules.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

#include "specs/mounting.h"
#include "specs/text.h"

namespace stack {
namespace {

struct KeyOfPlace {
  Place place;
  std::string_view key;
  Rule rule;
};

constexpr auto kRules = std::to_array<KeyOfPlace>({
    {Place::service, "annotations", Rule::pairs},
    {Place::service, "build", Rule::context},
    {Place::service, "cap_add", Rule::texts},
    {Place::service, "cap_drop", Rule::texts},
    {Place::service, "command", Rule::replaced},
    {Place::service, "configs", Rule::config_files},
    {Place::service, "depends_on", Rule::dependencies},
    {Place::service, "devices", Rule::devices},
    {Place::service, "dns", Rule::text_or_list},
    {Place::service, "dns_opt", Rule::texts},
    {Place::service, "dns_search", Rule::text_or_list},
    {Place::service, "entrypoint", Rule::replaced},
    {Place::service, "env_file", Rule::env_files},
    {Place::service, "environment", Rule::pairs},
    {Place::service, "expose", Rule::texts},
    {Place::service, "extra_hosts", Rule::hosts},
    {Place::service, "label_file", Rule::text_or_list},
    {Place::service, "labels", Rule::pairs},
    {Place::service, "links", Rule::texts},
    {Place::service, "logging", Rule::driver},
    {Place::service, "models", Rule::names},
    {Place::service, "networks", Rule::names},
    {Place::service, "profiles", Rule::texts},
    {Place::service, "secrets", Rule::secret_files},
    {Place::service, "sysctls", Rule::pairs},
    {Place::service, "tmpfs", Rule::text_or_list},
    {Place::service, "volumes", Rule::mounts},
    {Place::build, "additional_contexts", Rule::pairs},
    {Place::build, "args", Rule::pairs},
    {Place::build, "extra_hosts", Rule::hosts},
    {Place::build, "labels", Rule::pairs},
    {Place::build, "platforms", Rule::texts},
    {Place::build, "ssh", Rule::pairs},
    {Place::build, "tags", Rule::texts},
    {Place::deploy, "labels", Rule::pairs},
    {Place::healthcheck, "test", Rule::replaced},
    {Place::attachment, "aliases", Rule::texts},
    {Place::attachment, "link_local_ips", Rule::texts},
    {Place::network, "labels", Rule::pairs},
    {Place::ipam, "config", Rule::pools},
    {Place::resource, "labels", Rule::pairs},
});

Node copy_of_place(const Node& from, Node::Kind kind) {
  Node node;
  node.kind = kind;
  node.pos = from.pos;
  node.length = from.length;
  node.offset = from.offset;
  node.origins = from.origins;
  return node;
}

// The value in its other form; what it was tagged with holds for the whole.
void become(Node& node, Node&& form) {
  form.tag = std::move(node.tag);
  node = std::move(form);
}

// A list that holds something else than text is left as it is: its fault is found by who reads it.
bool is_list_of_text(const Node& node) {
  return node.is_list() &&
         std::all_of(node.items.begin(), node.items.end(), [](const Node& n) { return n.is_scalar(); });
}

// Entries one after the other, a later one of the same name in the place of the earlier.
class Entries {
 public:
  void put(Entry entry) {
    const auto [it, fresh] = at_.try_emplace(entry.key, entries_.size());
    if (fresh) {
      entries_.push_back(std::move(entry));
    } else {
      entries_[it->second].value = std::move(entry.value);
    }
  }
  std::vector<Entry> take() { return std::move(entries_); }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> at_;
};

void pairs_to_map(Node& node) {
  if (!is_list_of_text(node)) return;
  Node map = copy_of_place(node, Node::Kind::map);
  Entries entries;
  for (Node& item : node.items) {
    const auto equals = item.text.find('=');
    Node value = copy_of_place(item, equals == std::string::npos ? Node::Kind::null : Node::Kind::scalar);
    value.tag = item.tag;
    if (equals != std::string::npos) value.text = item.text.substr(equals + 1);
    entries.put({item.text.substr(0, equals), item.pos, item.length, std::move(value)});
  }
  map.entries = entries.take();
  become(node, std::move(map));
}

Entry entry_of(const Node& at, const char* key, const char* text) {
  Node value = copy_of_place(at, Node::Kind::scalar);
  value.text = text;
  return {key, at.pos, at.length, std::move(value)};
}

// [a, b] of depends_on and networks to {a: ..., b: ...}.
void names_to_map(Node& node, bool is_dependency) {
  if (!is_list_of_text(node)) return;
  Node map = copy_of_place(node, Node::Kind::map);
  Entries entries;
  for (Node& item : node.items) {
    Node value = copy_of_place(item, is_dependency ? Node::Kind::map : Node::Kind::null);
    value.tag = item.tag;
    if (is_dependency) {
      value.entries.push_back(entry_of(item, "condition", "service_started"));
      value.entries.push_back(entry_of(item, "required", "true"));
    }
    entries.put({item.text, item.pos, item.length, std::move(value)});
  }
  map.entries = entries.take();
  become(node, std::move(map));
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
  become(node, std::move(list));
}

void text_to_list(Node& node) {
  if (!node.is_scalar()) return;
  Node list = copy_of_place(node, Node::Kind::list);
  Node item = node;
  item.tag.clear();
  list.items.push_back(std::move(item));
  become(node, std::move(list));
}

// `build: DIR` to {context: DIR}.
void context_to_map(Node& node) {
  if (!node.is_scalar()) return;
  Node map = copy_of_place(node, Node::Kind::map);
  Node context = node;
  context.tag.clear();
  map.entries.push_back({"context", node.pos, node.length, std::move(context)});
  become(node, std::move(map));
}

std::string text_of(const Node* node) {
  return node != nullptr && node->is_scalar() ? node->text : "";
}

// SOURCE:TARGET[:...] or TARGET.
std::string short_target(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return text;
  return text.substr(colon + 1, text.find(':', colon + 1) - colon - 1);
}

std::string target_of(const Node& item) {
  const std::string target = item.is_map() ? text_of(item.find("target")) : short_target(item.text);
  return target.starts_with('/') ? tidy_target(target) : target;
}

// A config or secret alone is at its own name in the folder.
std::string file_target(const Node& item, const std::string& folder) {
  std::string target = item.is_map() ? text_of(item.find("target")) : item.text;
  if (target.empty()) target = text_of(item.find("source"));
  if (target.empty()) return "";
  return tidy_target(target.starts_with('/') ? target : folder + target);
}

}  // namespace

Place below(Place place, const std::string& key) {
  switch (place) {
    case Place::root:
      if (key == "services") return Place::services;
      if (key == "networks") return Place::networks;
      return key == "volumes" || key == "configs" || key == "secrets" ? Place::resources : Place::other;
    case Place::services:
      return Place::service;
    case Place::service:
      if (key == "healthcheck") return Place::healthcheck;
      if (key == "build") return Place::build;
      if (key == "deploy") return Place::deploy;
      if (key == "networks") return Place::attachments;
      if (key == "ulimits") return Place::ulimits;
      break;
    case Place::attachments:
      return Place::attachment;
    case Place::networks:
      return Place::network;
    case Place::network:
      if (key == "ipam") return Place::ipam;
      break;
    case Place::resources:
      return Place::resource;
    case Place::build:
    case Place::deploy:
    case Place::healthcheck:
    case Place::attachment:
    case Place::ulimits:
    case Place::pairs:
    case Place::ipam:
    case Place::resource:
    case Place::other:
      break;
  }
  return rule_of(place, key) == Rule::pairs ? Place::pairs : Place::other;
}

Rule rule_of(Place place, const std::string& key) {
  // A limit is one thing: {soft, hard}, or a number for both.
  if (place == Place::ulimits) return Rule::replaced;
  const auto* const rule = std::find_if(kRules.begin(), kRules.end(), [&](const KeyOfPlace& one) {
    return one.place == place && one.key == key;
  });
  return rule == kRules.end() ? Rule::plain : rule->rule;
}

void unify(Rule rule, Node& node) {
  switch (rule) {
    case Rule::pairs:
      return pairs_to_map(node);
    case Rule::dependencies:
      return names_to_map(node, true);
    case Rule::names:
      return names_to_map(node, false);
    case Rule::hosts:
      return hosts_to_list(node);
    case Rule::context:
      return context_to_map(node);
    case Rule::text_or_list:
    case Rule::env_files:
      return text_to_list(node);
    case Rule::plain:
    case Rule::replaced:
    case Rule::driver:
    case Rule::pools:
    case Rule::texts:
    case Rule::mounts:
    case Rule::devices:
    case Rule::config_files:
    case Rule::secret_files:
      return;
  }
}

std::string identity_of(Rule rule, const Node& item) {
  switch (rule) {
    case Rule::hosts:
    case Rule::text_or_list:
    case Rule::texts:
      return item.text;
    case Rule::env_files:
      return item.is_map() ? text_of(item.find("path")) : item.text;
    case Rule::pools:
      return text_of(item.find("subnet"));
    case Rule::mounts:
    case Rule::devices:
      return target_of(item);
    case Rule::config_files:
      return file_target(item, "/");
    case Rule::secret_files:
      return file_target(item, "/run/secrets/");
    case Rule::plain:
    case Rule::replaced:
    case Rule::pairs:
    case Rule::dependencies:
    case Rule::names:
    case Rule::context:
    case Rule::driver:
      return "";
  }
  return "";
}

}  // namespace stack
