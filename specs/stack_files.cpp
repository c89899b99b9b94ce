#include "specs/stack_files.h"

#include <cerrno>

#include "specs/composition.h"
#include "specs/dotenv.h"
#include "specs/interpolate.h"
#include "specs/named_paths.h"
#include "specs/service.h"
#include "specs/source_files.h"

namespace stack {
namespace {

using Kind = StackFile::Kind;

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
    const auto home = project_.environment.find("HOME");
    if (home != project_.environment.end()) around_.home = home->second;
    Variables variables;
    for (const std::string& path : project_.env_files) TRY(read_variables(path, variables));
    for (const std::string& path : project_.files)
      found_.files.push_back({Kind::stack, "", path, false, true});
    Composition whole =
        TRY(compose(project_, options_.directory, unsaid_,
                    [this](const std::string& name, const Variables& bound) { note_use(name, bound); }));
    for (const NamedFile& file : whole.named) add_named(file);
    each_path(whole.root, [this](const NamedPath& path) { add(path); });
    walk(whole.root);
    return std::move(found_);
  }

 private:
  void note_use(const std::string& name, const Variables& bound) {
    const auto own = options_.environment.find(name);
    if (own == options_.environment.end()) return;
    const auto value = bound.find(name);
    if (value == bound.end() || value->second != own->second) found_.unbound.insert(name);
  }

  Result<void> read_variables(const std::string& path, Variables& variables) {
    found_.files.push_back({Kind::variables, "", path, false, true});
    const auto text = read_source(path);
    if (!text) return os_error("read env file \"" + path + "\"");
    const Lookup lookup = [&](const std::string& name) -> std::optional<std::string> {
      note_use(name, variables);
      const auto it = project_.environment.find(name);
      return it == project_.environment.end() ? std::nullopt : std::optional(it->second);
    };
    read_dotenv({path, *text}, lookup, unsaid_, variables);
    return {};
  }

  void add_named(const NamedFile& file) {
    const char* const owner = file.kind == NamedFile::Kind::extended   ? "extends"
                              : file.kind == NamedFile::Kind::included ? "include"
                                                                       : "env_file of include";
    found_.files.push_back({Kind::named, owner, file.path, file.relative, true});
  }

  void add(const NamedPath& path) {
    const auto kind = kind_of(path.kind);
    if (!kind) return;
    const std::string text = path.text();
    found_.files.push_back(
        {*kind, path.owner, absolute_path(text, around_), is_relative_path(text), path.required});
  }

  // What is built is an image when it is taken elsewhere.
  static std::optional<Kind> kind_of(NamedPath::Kind kind) {
    switch (kind) {
      case NamedPath::Kind::env_file:
        return Kind::env_file;
      case NamedPath::Kind::config:
        return Kind::config;
      case NamedPath::Kind::secret:
        return Kind::secret;
      case NamedPath::Kind::seccomp:
        return Kind::seccomp;
      case NamedPath::Kind::bind:
        return Kind::bind;
      case NamedPath::Kind::image:
        return Kind::image;
      case NamedPath::Kind::build:
        return std::nullopt;
    }
    return std::nullopt;
  }

  void walk(const Node& root) {
    for (const char* section : {"configs", "secrets"})
      each(root.find(section), [this](const Entry& entry) {
        if (const std::string name = text_of(entry.value.find("environment")); !name.empty()) note(name);
      });
    each(root.find("services"),
         [this](const Entry& entry) { walk_environment(entry.value.find("environment")); });
  }

  template <typename Visit>
  static void each(const Node* map, const Visit& visit) {
    if (map == nullptr || !map->is_map()) return;
    for (const Entry& entry : map->entries) visit(entry);
  }

  void note(const std::string& name) { note_use(name, project_.variables); }

  // A name without a value takes the one that the process has.
  void walk_environment(const Node* environment) {
    if (environment == nullptr) return;
    each(environment, [this](const Entry& entry) {
      if (entry.value.is_null()) note(entry.key);
    });
    if (!environment->is_list()) return;
    for (const Node& item : environment->items)
      if (const std::string text = text_of(&item); text.find('=') == std::string::npos) note(text);
  }

  const LoadOptions& options_;
  Diagnostics unsaid_;
  Project project_;
  Surroundings around_;
  StackFiles found_;
};

}  // namespace

Result<StackFiles> stack_files(const LoadOptions& options) {
  return Listing(options).run();
}

}  // namespace stack
