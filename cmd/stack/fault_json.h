// Faults of a file for programs: an object a line, as specs/faults.md tells. Pure.
#pragma once

#include <string>

#include "specs/diagnostics.h"

namespace stack::cmd {

// In the order of all(); bytes that are no UTF-8 are replaced.
std::string to_json_lines(const Diagnostics& diagnostics);

}  // namespace stack::cmd
