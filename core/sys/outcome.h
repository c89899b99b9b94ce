// How something went, as a child of ours tells it through a pipe or a socket.
#pragma once

#include <optional>
#include <string>

#include "specs/result.h"

namespace stack {

std::string outcome_text(const Result<void>& outcome);
// Nothing where it is none: the child has ended before it could tell.
std::optional<Result<void>> parse_outcome(const std::string& text);

}  // namespace stack
