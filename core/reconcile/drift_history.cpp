#include "core/reconcile/drift_history.h"

#include <algorithm>

#include "core/reconcile/backoff.h"

namespace stack {

const DriftHistory::Entry& DriftHistory::note(const std::string& object, std::int64_t now_ns) {
  Entry& entry = entries_[object];
  const std::chrono::nanoseconds quiet(now_ns - std::max(entry.last_ns, entry.not_before_ns));
  ++entry.count;
  entry.in_a_row = entry.count == 1 || quiet >= kQuietPeriod ? 1 : entry.in_a_row + 1;
  entry.last_ns = now_ns;
  // From then on as a service that fails again and again.
  const int beyond = std::max(entry.in_a_row - kAtOnce, 0);
  const RestartVerdict verdict =
      decide_restart({RestartPolicy::Kind::always, 0, {}, {}, {}}, ExitRecord{}, beyond, {});
  const std::chrono::nanoseconds wait = std::min<std::chrono::nanoseconds>(verdict.delay, kLongestWait);
  entry.not_before_ns = wait.count() == 0 ? 0 : now_ns + wait.count();
  return entry;
}

const DriftHistory::Entry* DriftHistory::find(const std::string& object) const {
  const auto it = entries_.find(object);
  return it == entries_.end() ? nullptr : &it->second;
}

}  // namespace stack
