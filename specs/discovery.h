// Which files make the stack, what its folder and name are, and the variables that go into it: -f,
// COMPOSE_FILE, the usual names from here upwards, the override file, --project-directory, .env.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "specs/dotenv.h"
#include "specs/load.h"

namespace stack {

struct Project {
  std::vector<std::string> files;                  // absolute, or "-"
  std::string directory;                           // absolute
  std::vector<std::string> env_files;              // those that were read, absolute
  std::map<std::string, std::string> environment;  // the process's over those of the env files
  std::map<std::string, std::string> variables;    // those of the env files
  VariableLines lines;                             // of those in `environment` that the env files give
};

Result<Project> discover(const LoadOptions& options, Diagnostics& diagnostics);

// What begins with a letter or digit and is of a-z, 0-9, _ and -.
bool is_project_name(const std::string& name);
// The nearest to `text` that is one: lower case, the rest left out. May be "".
std::string normal_project_name(const std::string& text);
// As asked for: -p or COMPOSE_PROJECT_NAME, "" where the file decides.
Result<std::string> wanted_project_name(const LoadOptions& options, const Project& project);
Result<std::string> name_of_folder(const Project& project);

}  // namespace stack
