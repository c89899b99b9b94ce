// When an ended container is started again. Pure: the clock is an argument.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/plan/model.h"
#include "specs/stack_spec.h"

namespace stack {

// First restart at once, then 100 ms doubling to 60 s; a run of 10 s counts as quiet and resets it. A policy
// may say otherwise: its `delay` before every restart, its `window` for what counts as quiet.
inline constexpr std::chrono::milliseconds kFirstDelay{100};
inline constexpr std::chrono::seconds kLongestDelay{60};
inline constexpr std::chrono::seconds kQuietPeriod{10};

struct RestartVerdict {
  bool restart = false;
  std::chrono::nanoseconds delay{0};
  int failures = 0;  // to be remembered: restarts since the last quiet period
};

// `failures` as of the last verdict, `ran` how long the process lived.
RestartVerdict decide_restart(const RestartPolicy& policy, const ExitRecord& exit, int failures,
                              std::chrono::nanoseconds ran);

}  // namespace stack
