// Services' images built one after the other, buildah's output shown as it comes.
#pragma once

#include <map>
#include <set>
#include <string>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/progress.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

struct BuildOptions {
  bool no_cache = false;
  bool pull = false;                              // look for newer base images
  bool quiet = false;                             // the output is shown only where a build fails
  bool every_platform = false;                    // of build.platforms; else the one that the service runs on
  std::map<std::string, std::string> build_args;  // instead of those of the file
};

// Those of `services` that have `build:`, and what they need as additional contexts. The first that fails
// ends it: "web: build: ..."; a signal ends it with EINTR. What was built before is in the store.
Result<void> build_all(const StackSpec& spec, const std::set<std::string>& services,
                       const BuildOptions& options, Progress& progress, Interrupts& interrupts);

}  // namespace stack::cmd
