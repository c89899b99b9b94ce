// The files of a project as one tree: each read with its variables filled in, what it includes and extends
// brought in, and then one over the other. Every value keeps the place where it was written.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "specs/discovery.h"
#include "specs/document.h"

namespace stack {

using Variables = std::map<std::string, std::string>;

// A file that a stack file names to be read with it.
struct NamedFile {
  enum class Kind { included, extended, variables };
  Kind kind = Kind::included;
  std::string path;       // absolute
  bool relative = false;  // named from the project's folder, be it over several files
};

struct Composition {
  Node root;             // not a map where there was nothing to read
  bool complete = true;  // every file of the project was read to its end
  bool whole = true;     // and all was brought in; a service for which it was not keeps its `extends`
  std::vector<NamedFile> named;
  // Which `environment` of configs and secrets in included files takes from env files of theirs.
  Variables variables;
};

// Told of each variable that goes into a file, with what the env files alone give in that place.
using OnVariable = std::function<void(const std::string& name, const Variables& bound)>;

// Whether variables are filled in. Where they are kept, `name` and the paths of `include` and `extends` have
// theirs filled in all the same: those are needed here.
enum class VariablesAre { filled_in, kept };

// `from` is the folder that faults name files from. Fails where a file of the project cannot be read; what
// the files name and cannot be read is a fault at the place that names it.
Result<Composition> compose(const Project& project, const std::string& from, Diagnostics& diagnostics,
                            const OnVariable& on_variable = nullptr,
                            VariablesAre variables = VariablesAre::filled_in);

// What a hostile `include` or `extends` may cost at most: far more than a stack of people's has.
inline constexpr std::size_t kMostNamedFiles = 500;     // one that is included twice counts twice
inline constexpr std::size_t kMostDepth = 50;           // of files that include, and services that extend
inline constexpr std::size_t kMostBroughtIn = 500'000;  // values
inline constexpr std::size_t kMostBytesBroughtIn = 64U << 20U;

}  // namespace stack
