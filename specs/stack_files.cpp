#include "specs/stack_files.h"

#include <cerrno>

#include "specs/discovery.h"
#include "specs/document.h"
#include "specs/dotenv.h"
#include "specs/interpolate.h"
#include "specs/merge.h"
#include "specs/service.h"

namespace stack {
namespace {

using Kind = StackFile::Kind;

bool starts_relative(const std::string& text) {
  return !text.empty() && !text.starts_with('/') && !text.starts_with('~');
}

// What of a short form `SOURCE:TARGET` is a path of the host.
bool is_path(const std::string& source) {
  return source.starts_with('.') || source.starts_with('/') || source.starts_with('~');
}

std::string text_of(const Node* node) {
  return node != nullptr && node->is_scalar() ? node->text : "";
}

class Listing {
 public:
  explicit Listing(const LoadOptions& options) : options_(options) {}

  Result<StackFiles> run() {
    project_ = TRY(discover(options_, unsaid_));
    found_.directory = project_.directory;
    around_.project_directory = project_.directory;
    around_.home = value_of("HOME");
    for (const std::string& path : project_.env_files) TRY(read_variables(path));
    Node root;
    for (const std::string& path : project_.files) TRY(read_stack_file(path, root));
    walk(root);
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string value_of(const std::string& name) const {
    const auto it = project_.environment.find(name);
    return it == project_.environment.end() ? "" : it->second;
  }

  void add(Kind kind, const std::string& owner, const std::string& text, bool required = true) {
    if (text.empty()) return;
    found_.files.push_back({kind, owner, absolute_path(text, around_), starts_relative(text), required});
  }

  void note_use(const std::string& name) {
    const auto own = options_.environment.find(name);
    if (own == options_.environment.end()) return;
    const auto bound = variables_.find(name);
    if (bound == variables_.end() || bound->second != own->second) found_.unbound.insert(name);
  }

  Lookup noting_lookup() {
    return [this](const std::string& name) -> std::optional<std::string> {
      note_use(name);
      const auto it = project_.environment.find(name);
      return it == project_.environment.end() ? std::nullopt : std::optional(it->second);
    };
  }

  Result<void> read_variables(const std::string& path) {
    found_.files.push_back({Kind::variables, "", path, false, true});
    const auto text = read_source(path);
    if (!text) return os_error("read env file \"" + path + "\"");
    read_dotenv({path, *text}, noting_lookup(), unsaid_, variables_);
    return {};
  }

  Result<void> read_stack_file(const std::string& path, Node& root) {
    found_.files.push_back({Kind::stack, "", path, false, true});
    const auto text = read_source(path);
    if (!text) return os_error("read \"" + path + "\"");
    Document document = parse_document(path, *text, unsaid_);
    interpolate_tree(document.root, noting_lookup(), unsaid_);
    if (root.is_map()) {
      merge_files(root, std::move(document.root));
    } else {
      root = std::move(document.root);
      drop_resets(root);
    }
    return {};
  }

  void walk(const Node& root) {
    each(root.find("services"), [this](const Entry& entry) { walk_service(entry); });
    each(root.find("configs"), [this](const Entry& entry) { walk_source(Kind::config, "config", entry); });
    each(root.find("secrets"), [this](const Entry& entry) { walk_source(Kind::secret, "secret", entry); });
  }

  template <typename Visit>
  static void each(const Node* map, const Visit& visit) {
    if (map == nullptr || !map->is_map()) return;
    for (const Entry& entry : map->entries) visit(entry);
  }

  // One value is as good as a list of it.
  template <typename Visit>
  static void each_item(const Node* list, const Visit& visit) {
    if (list == nullptr) return;
    if (!list->is_list()) return visit(*list);
    for (const Node& item : list->items) visit(item);
  }

  void walk_source(Kind kind, const char* word, const Entry& entry) {
    add(kind, std::string(word) + " \"" + entry.key + "\"", text_of(entry.value.find("file")));
    if (const std::string name = text_of(entry.value.find("environment")); !name.empty()) note_use(name);
  }

  void walk_service(const Entry& entry) {
    const Node& service = entry.value;
    const std::string owner = "service \"" + entry.key + "\"";
    each_item(service.find("env_file"), [&](const Node& item) {
      if (!item.is_map()) return add(Kind::env_file, owner, text_of(&item));
      add(Kind::env_file, owner, text_of(item.find("path")), text_of(item.find("required")) != "false");
    });
    each_item(service.find("security_opt"), [&](const Node& item) {
      const std::string text = text_of(&item);
      if (!text.starts_with("seccomp=") && !text.starts_with("seccomp:")) return;
      const std::string value = text.substr(text.find_first_of("=:") + 1);
      if (value != "unconfined") add(Kind::seccomp, owner, value);
    });
    each_item(service.find("volumes"), [&](const Node& item) { walk_mount(owner, item); });
    walk_image(owner, text_of(service.find("image")));
    walk_environment(service.find("environment"));
  }

  void walk_mount(const std::string& owner, const Node& item) {
    if (item.is_map()) {
      if (text_of(item.find("type")) == "bind") add(Kind::bind, owner, text_of(item.find("source")));
      if (text_of(item.find("type")) == "image") walk_image(owner, text_of(item.find("source")));
      return;
    }
    const std::string text = text_of(&item);
    const std::string source = text.substr(0, text.find(':'));
    if (is_path(source) && source != text) add(Kind::bind, owner, source);
  }

  void walk_image(const std::string& owner, const std::string& image) {
    for (const char* const transport : {"rootfs:", "oci:", "oci-archive:", "docker-archive:"}) {
      if (!image.starts_with(transport)) continue;
      const std::string rest = image.substr(std::char_traits<char>::length(transport));
      return add(Kind::image, owner, rest.substr(0, rest.find(':')));
    }
  }

  // A name without a value takes the one that the process has.
  void walk_environment(const Node* environment) {
    if (environment == nullptr) return;
    each(environment, [this](const Entry& entry) {
      if (entry.value.is_null()) note_use(entry.key);
    });
    if (!environment->is_list()) return;
    for (const Node& item : environment->items)
      if (const std::string text = text_of(&item); text.find('=') == std::string::npos) note_use(text);
  }

  const LoadOptions& options_;
  Diagnostics unsaid_;
  Project project_;
  Surroundings around_;
  std::map<std::string, std::string> variables_;  // of the env files
  StackFiles found_;
};

}  // namespace

Result<StackFiles> stack_files(const LoadOptions& options) {
  return Listing(options).run();
}

}  // namespace stack
