// What may stand where the cursor is in a half-written command line: the shells' completion asks for it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace stack::cmd {

struct Candidate {
  std::string word;
  std::string summary;  // "" where the word says it all
};

// The names of a kind of thing ("SERVICE"), as the parser's options and arguments call it. It is asked when
// the values of the options before the cursor have been given to the parser.
using NamesOf = std::function<std::vector<std::string>(const std::string& kind)>;

// `words` are those after the program's name, the last of them the one at the cursor, which the candidates
// begin with. Every verb among them has its options in `app`. Empty where only a file's name can follow.
std::vector<Candidate> candidates(CLI::App& app, std::span<const std::string> words, const NamesOf& names_of);

}  // namespace stack::cmd
