#include "core/reconcile/backoff.h"

#include <algorithm>

namespace stack {
namespace {

bool policy_wants(const RestartPolicy& policy, const ExitRecord& exit, int failures) {
  switch (policy.kind) {
    case RestartPolicy::Kind::no:
      return false;
    case RestartPolicy::Kind::always:
    case RestartPolicy::Kind::unless_stopped:
      break;
    case RestartPolicy::Kind::on_failure:
      // An unknown status may have been a failure: a service too many is better than one that stays away.
      if (exit.known && exit.code == 0) return false;
      break;
  }
  return policy.max_retries == 0 || failures < policy.max_retries;
}

}  // namespace

RestartVerdict decide_restart(const RestartPolicy& policy, const ExitRecord& exit, int failures,
                              std::chrono::nanoseconds ran) {
  if (ran >= policy.window.value_or(kQuietPeriod)) failures = 0;
  if (!policy_wants(policy, exit, failures)) return {false, {}, failures};
  if (policy.delay) return {true, *policy.delay, failures + 1};
  if (failures == 0) return {true, {}, 1};
  const int doublings = std::min(failures - 1, 20);
  const std::chrono::nanoseconds delay =
      std::min<std::chrono::nanoseconds>(kFirstDelay * (1 << doublings), kLongestDelay);
  return {true, delay, failures + 1};
}

}  // namespace stack
