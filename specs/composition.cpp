#include "specs/composition.h"

#include "specs/composed_files.h"
#include "specs/merge.h"
#include "specs/source_files.h"

namespace stack {
namespace {

class Composer {
 public:
  Composer(const Project& project, const std::string& from, Diagnostics& diagnostics,
           const OnVariable& on_variable, VariablesAre variables)
      : project_(project), files_(project, from, diagnostics, on_variable, variables) {}

  Result<Composition> run() {
    Scope scope;
    scope.directory = project_.directory;
    scope.environment = project_.environment;
    scope.bound = project_.variables;
    scope.lines = project_.lines;
    for (const std::string& path : project_.files) {
      const auto text = read_source(path);
      if (!text) return os_error("read \"" + path + "\"");
      add(scope, files_.composition().root, path, *text);
    }
    return std::move(files_.composition());
  }

 private:
  // As Compose does it: what a file includes and extends is brought into it before it goes over the others.
  void add(Scope& scope, Node& whole, const std::string& path, const std::string& text) {
    auto root = files_.parse(scope, path, text);
    if (!root) return;
    scope.chain.push_back(path);
    bring_in_included(files_, scope, *root,
                      [this](Scope& inner, const std::vector<std::string>& paths,
                             const std::vector<std::string>& texts) { return load(inner, paths, texts); });
    bring_in_extended(files_, scope, path, *root);
    scope.chain.pop_back();
    if (whole.is_map()) {
      merge_files(whole, std::move(*root));
    } else {
      whole = std::move(*root);
      drop_resets(whole);
    }
  }

  Node load(Scope& scope, const std::vector<std::string>& paths, const std::vector<std::string>& texts) {
    Node whole;
    for (std::size_t i = 0; i < paths.size(); ++i) add(scope, whole, paths[i], texts[i]);
    return whole;
  }

  const Project& project_;
  ComposedFiles files_;
};

}  // namespace

Result<Composition> compose(const Project& project, const std::string& from, Diagnostics& diagnostics,
                            const OnVariable& on_variable, VariablesAre variables) {
  return Composer(project, from, diagnostics, on_variable, variables).run();
}

}  // namespace stack
