#include "specs/composed_files.h"

#include "specs/source_files.h"

namespace stack {

void ComposedFiles::fault(const Node& at, FaultCode code, std::string message, std::string hint) {
  diagnostics_.error(at.mark(), code, std::move(message), std::move(hint));
  no_longer_whole();
}

void ComposedFiles::fill_in(const Scope& scope, Node& root) {
  const Whence whence = [&scope](const std::string& name) -> std::optional<SourcePos> {
    const auto line = scope.lines.find(name);
    return line == scope.lines.end() ? std::nullopt : std::optional(line->second);
  };
  const Lookup lookup = lookup_in(scope);
  if (variables_ == VariablesAre::filled_in) return interpolate_tree(root, lookup, whence, diagnostics_);
  for (const char* key : {"include", "name"})
    if (Node* const value = root.find(key)) interpolate_tree(*value, lookup, whence, diagnostics_);
  Node* const services = root.find("services");
  if (services == nullptr) return;
  for (Entry& service : services->entries)
    if (Node* const extends = service.value.find("extends"))
      interpolate_tree(*extends, lookup, whence, diagnostics_);
}

std::optional<Node> ComposedFiles::parse(const Scope& scope, const std::string& path,
                                         const std::string& text) {
  Document document = parse_document(path == "-" ? "stdin" : shown(path), text, diagnostics_);
  fill_in(scope, document.root);
  if (!document.complete) no_longer_whole();
  const bool is_of_project = scope.chain.empty();
  if (!document.complete && is_of_project) composition_.complete = false;
  if (!document.root.is_map()) return std::nullopt;
  if (!is_of_project && !spend(document.root, weight_of(document.root))) return std::nullopt;
  return std::move(document.root);
}

std::optional<std::string> ComposedFiles::read(const Node& at, const std::string& what, NamedFile file) {
  if (composition_.named.size() >= kMostNamedFiles) {
    fault(at, FaultCode::too_large,
          "more than " + std::to_string(kMostNamedFiles) + " files are included and extended");
    return std::nullopt;
  }
  std::string why;
  auto text = read_regular(file.path, why);
  if (!text) {
    const bool is_folder = why == "it is a folder";
    fault(at, FaultCode::unreadable_file, what + ": read \"" + shown(file.path) + "\": " + why,
          is_folder ? "name the file in it: \"" + shown(file.path) + "/compose.yaml\"" : "");
    return std::nullopt;
  }
  composition_.named.push_back(std::move(file));
  if (!spend(at, {0, text->size()})) return std::nullopt;
  return text;
}

void ComposedFiles::read_variables(const Scope& scope, const std::string& path, const std::string& text,
                                   Variables& known, VariableLines& lines) {
  read_dotenv({shown(path), text}, lookup_in(scope), diagnostics_, known, &lines);
}

bool ComposedFiles::spend(const Node& at, Weight weight) {
  const bool was_spent = spent_.nodes > kMostBroughtIn || spent_.bytes > kMostBytesBroughtIn;
  spent_.nodes += weight.nodes;
  spent_.bytes += weight.bytes;
  if (spent_.nodes <= kMostBroughtIn && spent_.bytes <= kMostBytesBroughtIn) return true;
  if (!was_spent) {
    fault(at, FaultCode::too_large,
          "\"include\" and \"extends\" bring in more than " + std::to_string(kMostBroughtIn) + " values or " +
              std::to_string(kMostBytesBroughtIn >> 20U) + " MiB of text");
  }
  return false;
}

std::string ComposedFiles::absolute(const Scope& scope, const std::string& path) const {
  Surroundings around;
  around.project_directory = scope.directory;
  around.home = home_;
  return absolute_path(path, around);
}

std::string ComposedFiles::shown(const std::string& path) const {
  return display_path(path, from_);
}

Lookup ComposedFiles::lookup_in(const Scope& scope) const {
  return [this, &scope](const std::string& name) -> std::optional<std::string> {
    if (on_variable_) on_variable_(name, scope.bound);
    const auto it = scope.environment.find(name);
    return it == scope.environment.end() ? std::nullopt : std::optional(it->second);
  };
}

}  // namespace stack
