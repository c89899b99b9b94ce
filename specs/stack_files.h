// Which files a stack is made of, and which variables of the process go into it: for who takes it elsewhere.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "specs/load.h"
#include "specs/result.h"

namespace stack {

struct StackFile {
  enum class Kind {
    stack,      // -f and what stands for it
    variables,  // .env, --env-file
    named,      // by include or extends: a stack file, or variables for it
    env_file,   // of a service
    config,
    secret,
    seccomp,  // a profile
    bind,     // a file or folder of the host in a container
    image,    // a layout or an archive
  };
  Kind kind = Kind::stack;
  std::string owner;  // `service "web"`, `config "c"`; "include" for one of those; empty for the first two
  std::string path;   // absolute, or "-"
  bool relative = false;  // the stack's file names it from the project's folder
  bool required = true;
};

struct StackFiles {
  std::string directory;          // the project's, absolute
  std::vector<StackFile> files;   // those of a kind in the order in which they are read
  std::set<std::string> unbound;  // variables that only the process's environment gives a value to
};

// Faults of the files are not told: load_stack does so.
Result<StackFiles> stack_files(const LoadOptions& options);

}  // namespace stack
