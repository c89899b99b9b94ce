// The files of a stack as one, in the words they are written in: merged, with what they include and extend,
// nothing checked but what merging needs, nothing added, no path made absolute, no env file of a service
// read.
#pragma once

#include <map>
#include <string>

#include "specs/composition.h"
#include "specs/load.h"

namespace stack {

struct MergedModel {
  std::string name;  // of the project
  Node root;
  Diagnostics diagnostics;  // with an error, `root` is not all there
};

// Fails only where there is no file to read at all.
Result<MergedModel> merged_model(const LoadOptions& options, VariablesAre variables);

// As a stack file again: where variables were filled in, a dollar that is left is written as two.
enum class TextFormat { yaml, json };
std::string text_of(const MergedModel& model, VariablesAre variables, TextFormat format);

// A variable that the model names, and what the first text that says something of it says.
struct ModelVariable {
  bool required = false;      // somewhere it has to be set
  std::string default_value;  // taken where it is not
  std::string alternative;    // taken where it is
};
std::map<std::string, ModelVariable> variables_of(const Node& root);

}  // namespace stack
