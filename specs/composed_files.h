// The reading of the files that a composition is made of, and what all of it may cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "specs/composition.h"
#include "specs/dotenv.h"
#include "specs/interpolate.h"
#include "specs/nodes.h"
#include "specs/service.h"

namespace stack {

// What the files of one project, or of one `include`, are read against.
struct Scope {
  std::string directory;           // absolute: what their paths are relative to
  bool relative = true;            // it is named from the project's folder
  Variables environment;           // what goes into them
  Variables bound;                 // what of it the env files give
  VariableLines lines;             // and where
  std::vector<std::string> chain;  // the files being read, each included by the one before
};

class ComposedFiles {
 public:
  ComposedFiles(const Project& project, std::string from, Diagnostics& diagnostics,
                const OnVariable& on_variable, VariablesAre variables)
      : from_(std::move(from)), diagnostics_(diagnostics), on_variable_(on_variable), variables_(variables) {
    const auto home = project.environment.find("HOME");
    if (home != project.environment.end()) home_ = home->second;
  }

  // The map that the text is; nothing where it is none.
  std::optional<Node> parse(const Scope& scope, const std::string& path, const std::string& text);
  // A file that is named at `at`, in the words of `what`, and read by who asks for it.
  std::optional<std::string> read(const Node& at, const std::string& what, NamedFile file);
  // Variables of an env file over those in `known`.
  void read_variables(const Scope& scope, const std::string& path, const std::string& text, Variables& known,
                      VariableLines& lines);
  // False, with a fault, where nothing more can be afforded.
  bool spend(const Node& at, Weight weight);

  void fault(const Node& at, FaultCode code, std::string message, std::string hint = "");
  void no_longer_whole() { composition_.whole = false; }
  // Reads values of ours; a fault in them, which makes it no longer whole, gives false.
  template <typename Read>
  bool reading(const Read& read) {
    const std::size_t before = diagnostics_.all().size();
    read();
    bool good = true;
    for (std::size_t i = before; i < diagnostics_.all().size(); ++i)
      good = good && diagnostics_.all()[i].severity != Severity::error;
    if (!good) no_longer_whole();
    return good;
  }

  [[nodiscard]] Lookup lookup_in(const Scope& scope) const;
  [[nodiscard]] std::string absolute(const Scope& scope, const std::string& path) const;
  [[nodiscard]] std::string shown(const std::string& path) const;
  [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }
  Composition& composition() { return composition_; }

 private:
  void fill_in(const Scope& scope, Node& root);

  std::string from_, home_;
  Diagnostics& diagnostics_;
  const OnVariable& on_variable_;
  const VariablesAre variables_;
  Composition composition_;
  Weight spent_;
};

// composition_include.cpp: takes `include` out of the file's root and brings in what it names. `load` gives
// the tree of one included model.
using LoadModel = std::function<Node(Scope& scope, const std::vector<std::string>& paths,
                                     const std::vector<std::string>& texts)>;
void bring_in_included(ComposedFiles& files, const Scope& scope, Node& root, const LoadModel& load);

// composition_extends.cpp: takes `extends` out of every service of the file at `path`, with what it names
// below the service.
void bring_in_extended(ComposedFiles& files, const Scope& scope, const std::string& path, Node& root);

}  // namespace stack
