// What `up -d` does, for a command that goes on with the stack afterwards.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/prepare.h"
#include "cmd/stack/progress.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

struct BringUpOptions {
  PrepareOptions preparation;
  std::vector<std::string> services;  // these alone and, but with no_deps, what they depend on; empty: all
  bool no_deps = false;
  bool start_keeper = false;  // where the stack does not run; else that is an error
};

// Until all is started. A signal ends it with EINTR.
Result<void> bring_up(const StackSpec& file, const BringUpOptions& options, Progress& progress,
                      Interrupts& interrupts);

struct RebuildOptions {
  std::map<std::string, std::string> environment;  // as PrepareOptions::environment
  bool quiet = false;                              // the build's output is shown only where it fails
  bool prune = false;  // the image that was replaced goes, where nothing names or uses it
};

// One service's image built anew and its container made of it, while all others are left as they are. `file`
// is the stack as its file says. A signal ends it with EINTR.
Result<void> rebuild_service(const StackSpec& file, const std::string& service, const RebuildOptions& options,
                             Progress& progress, Interrupts& interrupts);

}  // namespace stack::cmd
