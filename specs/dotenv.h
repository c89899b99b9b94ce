// Env files: .env, --env-file and a service's `env_file`. KEY=VALUE a line, `export` before it allowed,
// comments, 'literal', "with \n escapes and $VARIABLES", either over several lines. Pure.
#pragma once

#include <map>
#include <string>

#include "specs/diagnostics.h"
#include "specs/interpolate.h"

namespace stack {

// In which line each variable has its value.
using VariableLines = std::map<std::string, SourcePos>;

// `lookup` answers for variables that stand neither in `known` (what earlier files gave) nor above in this
// file. A key alone on its line takes its value from there, and is left out where there is none. Later lines
// win. `lines`, where given, gets the place of each.
struct EnvFile {
  std::string file;  // as faults name it
  std::string text;
};
void read_dotenv(const EnvFile& from, const Lookup& lookup, Diagnostics& diagnostics,
                 std::map<std::string, std::string>& known, VariableLines* lines = nullptr);

}  // namespace stack
