// Variables in text as the Compose Specification has them: $X ${X} ${X:-d} ${X-d} ${X:?e} ${X?e} ${X:+v}
// ${X+v}, nested, and $$ for a dollar. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "specs/document.h"

namespace stack {

using Lookup = std::function<std::optional<std::string>(const std::string&)>;
// In which line of an env file a variable that is set has its value; nothing: in the process's environment.
using Whence = std::function<std::optional<SourcePos>(const std::string&)>;

// A dollar that begins no variable: an error in a stack file, kept in an env file (a password may have one).
enum class LoneDollar { refuse, keep };

struct Interpolated {
  struct Unset {
    std::string name;
    std::size_t offset = 0;  // of its dollar in the text
  };
  struct Use {
    std::string name;
    bool is_default = false;  // it was not set, and the text says what is taken then
  };
  struct Fault {
    FaultCode code = FaultCode::variable_syntax;
    std::string message;
    std::string hint;
    std::size_t offset = 0;
  };
  std::string text;
  std::vector<Unset> unset;  // variables without value and default: each is the empty string
  std::vector<Use> uses;     // those that gave it text, the first kMostOrigins
  std::optional<Fault> fault;
};

// `room` is how many bytes variables may still bring in, of kMaxTextBytes for a file; it is less afterwards.
Interpolated interpolate(const std::string& text, const Lookup& lookup, LoneDollar lone, std::size_t& room);

// What a text says of a variable, set or not.
struct VariableMention {
  enum class Form { plain, defaults, requires_it, replaces };  // $X, ${X-word}, ${X?word}, ${X+word}
  std::string name;
  Form form = Form::plain;
  std::string word;  // as it is written
};
// In the order of the text, those within words too; up to the first fault.
std::vector<VariableMention> mentions_in(const std::string& text);

// Every value of the tree (keys are left alone), which notes where it is from; faults and unset variables go
// to `diagnostics`.
void interpolate_tree(Node& node, const Lookup& lookup, const Whence& whence, Diagnostics& diagnostics);

}  // namespace stack
