// Several images pulled at once, each shown as one line: what it is at, its bytes and their rate.
#pragma once

#include <string>
#include <vector>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/progress.h"
#include "core/images/pull.h"
#include "specs/result.h"

namespace stack::cmd {

struct PullJob {
  ImageRef image;
  std::string platform;  // empty: this machine's
  PullPolicy policy;
  bool force = false;                 // look at the registry whatever the policy says
  std::vector<std::string> services;  // who wants it, for an error
};

// In the order of `jobs`. All are tried: the error has a line for each that failed. A signal ends them with
// EINTR; what has come is kept for the next time.
Result<std::vector<PulledImage>> pull_all(const std::vector<PullJob>& jobs, Progress& progress,
                                          Interrupts& interrupts);

}  // namespace stack::cmd
