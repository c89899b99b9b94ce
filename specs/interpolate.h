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

// A dollar that begins no variable: an error in a stack file, kept in an env file (a password may have one).
enum class LoneDollar { refuse, keep };

struct Interpolated {
  struct Unset {
    std::string name;
    std::size_t offset = 0;  // of its dollar in the text
  };
  struct Fault {
    std::string message;
    std::string hint;
    std::size_t offset = 0;
  };
  std::string text;
  std::vector<Unset> unset;  // variables without value and default: each is the empty string
  std::optional<Fault> fault;
};

// `room` is how many bytes variables may still bring in, of kMaxTextBytes for a file; it is less afterwards.
Interpolated interpolate(const std::string& text, const Lookup& lookup, LoneDollar lone, std::size_t& room);

// Every value of the tree (keys are left alone); faults and unset variables go to `diagnostics`.
void interpolate_tree(Node& node, const Lookup& lookup, Diagnostics& diagnostics);

}  // namespace stack
