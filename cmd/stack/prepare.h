// What `up` does before it hands the model to the reconciler, while the old containers still run: images
// brought and their configs applied, volumes made and filled, configs and secrets read. Afterwards nothing
// more is needed from the network or from the user's environment.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/progress.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

struct PrepareOptions {
  std::set<std::string> services;        // whose images may be pulled and built; empty: all
  std::optional<PullPolicy::Kind> pull;  // instead of what the file says: always, missing, never
  bool build = false;        // services with `build:` are built whether their image is here or not
  bool quiet_build = false;  // what a build says is shown only where it fails
  std::map<std::string, std::string> environment;  // where those configs and secrets are that are variables
};

// What `--pull` says; nothing for "policy" and where it is not given, which leave it to the file.
std::optional<PullPolicy::Kind> pull_of(const std::string& word);

struct Prepared {
  StackSpec spec;                               // every image resolved, every default of its config applied
  std::map<std::string, std::string> contents;  // of configs and secrets, as the request of `up` has them
};

// Faults come all at once, with the place in the file where there is one. Nothing of the running stack is
// touched.
Result<Prepared> prepare(StackSpec spec, const PrepareOptions& options, Progress& progress,
                         Interrupts& interrupts);

// The same as far as it can be told without changing anything: images that are not here stay unresolved, and
// `missing` names them.
struct Preview {
  Prepared prepared;
  std::set<std::string> missing;  // services
};
Result<Preview> preview(StackSpec spec, const std::map<std::string, std::string>& environment);

}  // namespace stack::cmd
