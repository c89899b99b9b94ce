// One request to a stack's reconciler, from asking to the answer, through any number of the reconciler's
// deaths: the requests sent this way may be asked again.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/progress.h"
#include "core/control/client.h"
#include "specs/result.h"

namespace stack::cmd {

struct Ask {
  std::string project;
  nlohmann::json request;
  bool start_keeper = false;         // where nobody answers; else that is the error ENOENT
  Progress* progress = nullptr;      // shown there, where wanted
  Interrupts* interrupts = nullptr;  // a signal ends the waiting with the error EINTR; the reconciler goes on
  std::optional<std::chrono::steady_clock::time_point> deadline;  // then the error is ETIMEDOUT
};

struct Answer {
  int code = 0;
  nlohmann::json data;
};

// A result with an error in words is a failure of ours too.
Result<Answer> ask(const Ask& ask);

// The `containers` of `ps`.
Result<nlohmann::json> stack_status(const std::string& project);

}  // namespace stack::cmd
