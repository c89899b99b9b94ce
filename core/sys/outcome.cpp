#include "core/sys/outcome.h"

#include <charconv>

namespace stack {

// The errno in decimal, a blank, the words; without words all is well.
std::string outcome_text(const Result<void>& outcome) {
  return outcome ? "0 " : std::to_string(outcome.error().code) + " " + outcome.error().words;
}

std::optional<Result<void>> parse_outcome(const std::string& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return std::nullopt;
  Error error;
  std::from_chars(text.data(), text.data() + space, error.code);
  error.words = text.substr(space + 1);
  return error.words.empty() ? Result<void>() : Result<void>(error);
}

}  // namespace stack
