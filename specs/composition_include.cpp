// `include`: another project's model, read in a folder and with variables of its own, and put below the file
// that includes it (compose-go's loader/include.go).
#include <algorithm>
#include <filesystem>
#include <set>

#include "specs/composed_files.h"
#include "specs/merge.h"
#include "specs/named_paths.h"
#include "specs/reading.h"
#include "specs/source_files.h"
#include "specs/text.h"

namespace stack {
namespace {

namespace fs = std::filesystem;

struct IncludeEntry {
  Reading& reading;
  std::vector<std::string> paths = {};
  std::string project_directory = {};
  std::optional<std::vector<std::string>> env_files = {};
};

constexpr KeyRule<IncludeEntry> kEntryKeys[] = {
    {"env_file",
     [](IncludeEntry& e, const Node& n) { e.env_files = e.reading.text_or_texts(n, "env_file in include"); }},
    {"path", [](IncludeEntry& e, const Node& n) { e.paths = e.reading.text_or_texts(n, "path in include"); }},
    {"project_directory",
     [](IncludeEntry& e, const Node& n) {
       e.project_directory = e.reading.text(n, "project_directory in include").value_or("");
     }},
};

// What of an included file comes in. The name of its project and its version say nothing here.
constexpr const char* kSections[] = {"services", "networks", "volumes", "configs",
                                     "secrets",  "models",   "x-stack"};

std::optional<Node> take(Node& map, const std::string& key) {
  const auto at = std::find_if(map.entries.begin(), map.entries.end(),
                               [&](const Entry& entry) { return entry.key == key; });
  if (at == map.entries.end()) return std::nullopt;
  Node value = std::move(at->value);
  map.entries.erase(at);
  return value;
}

Entry& entry_of(Node& map, const Entry& like) {
  const auto at = std::find_if(map.entries.begin(), map.entries.end(),
                               [&](const Entry& entry) { return entry.key == like.key; });
  if (at != map.entries.end()) return *at;
  Entry entry{like.key, like.pos, like.length, {}};
  entry.value.pos = like.value.pos;
  entry.value.kind = Node::Kind::map;
  map.entries.push_back(std::move(entry));
  return map.entries.back();
}

// `environment: [NAME]` has the value that the included project's variables give it, in which the stack's own
// come first.
void pass_through(Node* pairs, const Lookup& lookup) {
  if (pairs == nullptr) return;
  for (Entry& entry : pairs->entries) {
    if (!entry.value.is_null()) continue;
    const auto value = lookup(entry.key);
    if (!value) continue;
    entry.value.kind = Node::Kind::scalar;
    entry.value.text = *value;
  }
  for (Node& item : pairs->items) {
    if (!item.is_scalar() || item.text.find('=') != std::string::npos) continue;
    if (const auto value = lookup(item.text)) item.text += "=" + *value;
  }
}

class Including {
 public:
  Including(ComposedFiles& files, const Scope& scope, Node& root, const LoadModel& load)
      : files_(files), scope_(scope), root_(root), load_(load), reading_(files.diagnostics(), "the file") {}

  void run() {
    const std::optional<Node> include = take(root_, "include");
    if (!include || include->is_null()) return;
    if (!include->is_list()) {
      files_.no_longer_whole();
      return reading_.wrong(*include, "include", "a list of files");
    }
    for (const Node& item : include->items) one(item);
  }

 private:
  void one(const Node& item) {
    IncludeEntry entry{reading_};
    const bool good = files_.reading([&] {
      if (item.is_map()) {
        reading_.keys<IncludeEntry>(item, "include", kEntryKeys, entry);
      } else {
        entry.paths = {reading_.text(item, "each item in include").value_or("")};
      }
    });
    entry.paths.erase(std::remove(entry.paths.begin(), entry.paths.end(), ""), entry.paths.end());
    if (!good) return;
    if (entry.paths.empty()) {
      if (item.is_map() || item.is_scalar())
        files_.fault(item, FaultCode::missing_key, "include needs a \"path\"");
      return;
    }
    const std::vector<std::string> paths = absolute(entry.paths);
    if (!may_be_included(item, entry, paths)) return;
    Scope inner = scope_of(entry, paths.front());
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      auto text =
          files_.read(item, "include", {NamedFile::Kind::included, paths[i], is_named(entry.paths[i])});
      if (!text) return;
      texts.push_back(*std::move(text));
    }
    if (!read_variables(item, entry, inner)) return;
    // Each level of includes has its own copy.
    if (!files_.spend(item, {inner.bound.size(), 0})) return;
    Node model = load_(inner, paths, texts);
    if (!model.is_map()) return;
    settle(item, entry, inner, model);
    note_origin(model, Origin::How::include, item.pos);
    import(item, paths.front(), std::move(model));
  }

  [[nodiscard]] std::vector<std::string> absolute(const std::vector<std::string>& paths) const {
    std::vector<std::string> all;
    for (const std::string& path : paths) all.push_back(files_.absolute(scope_, path));
    return all;
  }

  // Whether a path names something from the project's folder, be it over several files.
  [[nodiscard]] bool is_named(const std::string& path) const {
    return scope_.relative && is_relative_path(path);
  }

  bool may_be_included(const Node& item, const IncludeEntry& entry, const std::vector<std::string>& paths) {
    for (const std::string& path : entry.paths) {
      if (!is_remote_context(path)) continue;
      files_.fault(item, FaultCode::never_kept,
                   "include of \"" + path + "\" from a repository or registry is not supported",
                   "fetch it, and name the file");
      return false;
    }
    for (const std::string& path : paths) {
      const auto again = std::find(scope_.chain.begin(), scope_.chain.end(), path);
      if (again == scope_.chain.end()) continue;
      std::string words;
      for (auto at = again; at != scope_.chain.end(); ++at) words += files_.shown(*at) + " -> ";
      files_.fault(item, FaultCode::cycle, "include cycle: " + words + files_.shown(path));
      return false;
    }
    if (scope_.chain.size() <= kMostDepth) return true;
    files_.fault(item, FaultCode::too_large,
                 "included more than " + std::to_string(kMostDepth) + " files deep");
    return false;
  }

  Scope scope_of(const IncludeEntry& entry, const std::string& first) const {
    Scope inner;
    const bool has_directory = !entry.project_directory.empty();
    inner.directory = has_directory ? files_.absolute(scope_, entry.project_directory)
                                    : fs::path(first).parent_path().string();
    inner.relative = is_named(has_directory ? entry.project_directory : entry.paths.front());
    inner.environment = scope_.environment;
    inner.bound = scope_.bound;
    inner.lines = scope_.lines;
    inner.chain = scope_.chain;
    return inner;
  }

  // The variables of the file that includes win over those of the included project's own env files.
  bool read_variables(const Node& item, const IncludeEntry& entry, Scope& inner) {
    struct Named {
      std::string path;
      bool relative;
    };
    std::vector<Named> named;
    if (entry.env_files) {
      for (const std::string& path : *entry.env_files)
        if (!path.empty() && path != "/dev/null")
          named.push_back({files_.absolute(scope_, path), is_named(path)});
    } else if (std::string usual = inner.directory + "/.env"; is_source_file(usual)) {
      named.push_back({std::move(usual), inner.relative});
    }
    Variables variables;
    VariableLines lines;
    for (const Named& file : named) {
      const auto text =
          files_.read(item, "env_file of include", {NamedFile::Kind::variables, file.path, file.relative});
      if (!text) return false;
      files_.reading([&] { files_.read_variables(scope_, file.path, *text, variables, lines); });
    }
    for (const auto& [name, value] : variables)
      if (inner.environment.try_emplace(name, value).second) inner.lines[name] = lines[name];
    inner.bound.insert(variables.begin(), variables.end());
    return true;
  }

  // Makes a part of this file's project of what was one of its own.
  void settle(const Node& item, const IncludeEntry& entry, const Scope& inner, Node& model) {
    const Lookup lookup = files_.lookup_in(inner);
    if (Node* const services = model.find("services")) {
      for (Entry& service : services->entries) {
        pass_through(service.value.find("environment"), lookup);
        if (Node* const build = service.value.find("build")) pass_through(build->find("args"), lookup);
      }
    }
    for (const char* section : {"configs", "secrets"})
      if (Node* const sources = model.find(section))
        for (const Entry& source : sources->entries) take_variable(source, inner);
    const std::string& named =
        entry.project_directory.empty() ? entry.paths.front() : entry.project_directory;
    const std::string folder = is_relative_path(named)
                                   ? fs::path(inner.directory).lexically_relative(scope_.directory).string()
                                   : inner.directory;
    if (folder.find(':') != std::string::npos) {
      return files_.fault(
          item, FaultCode::invalid_name,
          "\"" + folder + "\" has a \":\" in its name, which no volume \"SOURCE:TARGET\" can say",
          "the folder of an included file must have another name");
    }
    rebase(model, folder);
  }

  void take_variable(const Entry& source, const Scope& inner) {
    const Node* const name = source.value.find("environment");
    if (name == nullptr || scope_.environment.contains(name->text)) return;
    const auto value = inner.environment.find(name->text);
    if (value == inner.environment.end()) return;
    const auto [taken, fresh] = files_.composition().variables.try_emplace(value->first, value->second);
    if (fresh || taken->second == value->second) return;
    files_.fault(*name, FaultCode::include_conflict,
                 "variable \"" + value->first + "\" has another value in another included project",
                 "one of the two must have another name");
  }

  void import(const Node& item, const std::string& path, Node model) {
    for (Entry& section : model.entries) {
      const bool comes_in =
          std::find(std::begin(kSections), std::end(kSections), section.key) != std::end(kSections);
      if (comes_in) {
        import_section(item, path, section);
      } else if (section.key == "name" || section.key == "version") {
        files_.diagnostics().warning(section.mark(), FaultCode::no_effect,
                                     "\"" + section.key + "\" of an included file means nothing");
      } else if (!section.key.starts_with("x-")) {
        files_.reading([&] { reading_.unknown(section, "", {std::begin(kSections), std::end(kSections)}); });
      }
    }
  }

  void import_section(const Node& item, const std::string& path, Entry& section) {
    if (section.value.is_null()) return;
    Entry& own = entry_of(root_, section);
    if (own.value.is_null()) own.value.kind = Node::Kind::map;
    if (!section.value.is_map() || !own.value.is_map()) {
      files_.no_longer_whole();
      return reading_.wrong(section.value.is_map() ? own.value : section.value, section.key, "a map");
    }
    if (own.value.tag == "!override" || own.value.tag == "!reset") return;
    forget_tags(section.value);
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < own.value.entries.size(); ++i) places[own.value.entries[i].key] = i;
    for (Entry& entry : section.value.entries) {
      const auto before = places.find(entry.key);
      if (before == places.end()) {
        imported_[section.key + " " + entry.key] = path;
        own.value.entries.push_back(std::move(entry));
      } else {
        put_below(item, path, section.key, own.value.entries[before->second], std::move(entry));
      }
    }
  }

  // Both have it. What this file says is above what it includes, and an earlier include above a later one.
  void put_below(const Node& item, const std::string& path, const std::string& section, Entry& own,
                 Entry&& taken) {
    if (own.value.tag == "!override" || own.value.tag == "!reset" || same_value(own.value, taken.value))
      return;
    const auto other = imported_.find(section + " " + own.key);
    if (other != imported_.end()) {
      files_.diagnostics().warning(item.mark(), FaultCode::include_conflict,
                                   section + " \"" + own.key + "\" of \"" + files_.shown(path) +
                                       "\" is in \"" + files_.shown(other->second) +
                                       "\" too, and goes below that: where both say something, \"" +
                                       files_.shown(other->second) + "\" holds");
    }
    if (own.value.is_null()) {
      own.value = std::move(taken.value);
    } else if (own.value.is_map() && taken.value.is_map()) {
      merge_below(below(below(Place::root, section), own.key), own.value, std::move(taken.value));
    }
  }

  ComposedFiles& files_;
  const Scope& scope_;
  Node& root_;
  const LoadModel& load_;
  Reading reading_;
  std::map<std::string, std::string> imported_;  // by section and name: the file that it came from
};

}  // namespace

void bring_in_included(ComposedFiles& files, const Scope& scope, Node& root, const LoadModel& load) {
  Including(files, scope, root, load).run();
}

}  // namespace stack
