#include "specs/named_paths.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "specs/mounting.h"
#include "specs/service.h"
#include "specs/text.h"

namespace stack {
namespace {

using Kind = NamedPath::Kind;

std::string text_of(const Node* node) {
  return node != nullptr && node->is_scalar() ? node->text : "";
}

// One value is as good as a list of it.
template <typename Visit>
void each_item(Node* list, const Visit& visit) {
  if (list == nullptr) return;
  if (!list->is_list()) return visit(*list);
  for (Node& item : list->items) visit(item);
}

template <typename Visit>
void each_entry(Node* map, const Visit& visit) {
  if (map == nullptr || !map->is_map()) return;
  for (Entry& entry : map->entries) visit(entry);
}

class Walk {
 public:
  Walk(std::string owner, const VisitPath& visit) : owner_(std::move(owner)), visit_(visit) {}

  void service(Node& service) {
    each_item(service.find("env_file"), [&](Node& item) { env_file(item); });
    each_item(service.find("label_file"), [&](Node& item) { whole(Kind::env_file, &item); });
    each_item(service.find("security_opt"), [&](Node& item) { security_opt(item); });
    each_item(service.find("volumes"), [&](Node& item) { mount(item); });
    image(service.find("image"));
    if (Node* const credentials = service.find("credential_spec"))
      whole(Kind::build, credentials->find("file"));
    if (Node* const build_of = service.find("build")) build(*build_of);
    if (Node* const develop = service.find("develop"))
      each_item(develop->find("watch"), [&](Node& item) { whole(Kind::build, item.find("path")); });
  }

  void source(Kind kind, Node& source) { whole(kind, source.find("file")); }

  void volume(Node& volume) {
    Node* const options = volume.find("driver_opts");
    if (options == nullptr) return;
    const std::vector<std::string> words = split(text_of(options->find("o")), ',');
    const bool is_bind = text_of(options->find("type")) == "bind" ||
                         std::find(words.begin(), words.end(), "bind") != words.end() ||
                         std::find(words.begin(), words.end(), "rbind") != words.end();
    if (is_bind) whole(Kind::bind, options->find("device"));
  }

 private:
  void part(Kind kind, Node& node, std::size_t from, std::size_t length = std::string::npos) {
    if (node.text.size() > from && length > 0) visit_({kind, owner_, true, node, from, length});
  }
  void whole(Kind kind, Node* node) {
    if (node != nullptr && node->is_scalar()) part(kind, *node, 0);
  }

  void env_file(Node& item) {
    if (!item.is_map()) return whole(Kind::env_file, &item);
    Node* const path = item.find("path");
    if (path == nullptr || !path->is_scalar() || path->text.empty()) return;
    const bool required = text_of(item.find("required")) != "false";
    visit_({Kind::env_file, owner_, required, *path, 0, std::string::npos});
  }

  void security_opt(Node& item) {
    constexpr std::string_view kSeccomp = "seccomp";  // and then ":" or "="
    if (!item.text.starts_with("seccomp=") && !item.text.starts_with("seccomp:")) return;
    if (item.text.substr(kSeccomp.size() + 1) != "unconfined") part(Kind::seccomp, item, kSeccomp.size() + 1);
  }

  void mount(Node& item) {
    if (item.is_map()) {
      const std::string type = text_of(item.find("type"));
      if (type == "bind") whole(Kind::bind, item.find("source"));
      if (type == "image") image(item.find("source"));
      return;
    }
    const std::size_t colon = item.text.find(':');
    if (colon != std::string::npos && is_path(item.text.substr(0, colon))) part(Kind::bind, item, 0, colon);
  }

  void image(Node* node) {
    if (node == nullptr || !node->is_scalar()) return;
    for (const std::string_view transport : {"rootfs:", "oci:", "oci-archive:", "docker-archive:"}) {
      if (!node->text.starts_with(transport)) continue;
      // The first colon ends the path, but in a rootfs, which has no tag.
      const std::size_t end =
          transport == "rootfs:" ? std::string::npos : node->text.find(':', transport.size());
      const std::size_t length = end == std::string::npos ? end : end - transport.size();
      return part(Kind::image, *node, transport.size(), length);
    }
  }

  void context(Node& node, std::size_t from) {
    const std::string text = node.text.substr(std::min(from, node.text.size()));
    if (!is_remote_context(text) && !text.starts_with("service:")) part(Kind::build, node, from);
  }

  void build(Node& build) {
    if (build.is_scalar()) return context(build, 0);
    if (Node* const own = build.find("context"); own != nullptr && own->is_scalar()) context(*own, 0);
    each_value(build.find("additional_contexts"), [&](Node& node, std::size_t from) { context(node, from); });
    each_value(build.find("ssh"), [&](Node& node, std::size_t from) { ssh(node, from); });
  }

  // Of NAME=VALUE as a map or a list: the node whose text has the value, and where in it.
  template <typename Visit>
  static void each_value(Node* pairs, const Visit& visit) {
    if (pairs == nullptr) return;
    if (pairs->is_map()) {
      for (Entry& entry : pairs->entries)
        if (entry.value.is_scalar()) visit(entry.value, 0);
      return;
    }
    each_item(pairs, [&](Node& item) {
      const std::size_t equals = item.text.find('=');
      if (equals != std::string::npos) visit(item, equals + 1);
    });
  }

  // ID=SOCKET or ID=KEY[,KEY]
  void ssh(Node& node, std::size_t from) {
    for (std::size_t end = node.text.size(); end > from;) {
      const std::size_t comma = node.text.rfind(',', end - 1);
      const std::size_t start = comma == std::string::npos || comma < from ? from : comma + 1;
      if (end > start) part(Kind::build, node, start, end - start);
      end = start == from ? from : start - 1;
    }
  }

  std::string owner_;
  const VisitPath& visit_;
};

std::string rebased(const std::string& text, const std::string& folder) {
  std::string path = (std::filesystem::path(folder) / text).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  // A name alone would be a volume, say.
  return path.starts_with('/') || path.starts_with('.') ? path : "./" + path;
}

VisitPath rebasing(const std::string& folder) {
  return [&folder](const NamedPath& path) {
    const std::string text = path.text();
    if (!is_relative_path(text)) return;
    const std::size_t length = std::min(path.length, path.node.text.size() - path.from);
    path.node.text.replace(path.from, length, rebased(text, folder));
  };
}

// A build that names no context has the folder of its file.
void write_context(Node& service) {
  Node* const build = service.find("build");
  if (build == nullptr || !build->is_map() || build->find("context") != nullptr) return;
  Node context;
  context.kind = Node::Kind::scalar;
  context.pos = build->pos;
  context.text = ".";
  build->entries.push_back({"context", build->pos, 1, std::move(context)});
}

}  // namespace

void each_path(Node& root, const VisitPath& visit) {
  each_entry(root.find("services"),
             [&](Entry& entry) { each_path_of_service(entry.key, entry.value, visit); });
  each_entry(root.find("configs"), [&](Entry& entry) {
    Walk("config \"" + entry.key + "\"", visit).source(Kind::config, entry.value);
  });
  each_entry(root.find("secrets"), [&](Entry& entry) {
    Walk("secret \"" + entry.key + "\"", visit).source(Kind::secret, entry.value);
  });
  each_entry(root.find("volumes"),
             [&](Entry& entry) { Walk("volume \"" + entry.key + "\"", visit).volume(entry.value); });
}

void each_path_of_service(const std::string& name, Node& service, const VisitPath& visit) {
  Walk("service \"" + name + "\"", visit).service(service);
}

bool is_relative_path(const std::string& text) {
  return !text.empty() && text != "~" && !text.starts_with('/') && !text.starts_with("~/");
}

void rebase(Node& root, const std::string& folder) {
  each_entry(root.find("services"), [](Entry& entry) { write_context(entry.value); });
  each_path(root, rebasing(folder));
}

void rebase_service(const std::string& name, Node& service, const std::string& folder) {
  write_context(service);
  each_path_of_service(name, service, rebasing(folder));
}

}  // namespace stack
