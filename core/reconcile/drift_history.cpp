#include "core/reconcile/drift_history.h"

#include <algorithm>

#include "core/reconcile/backoff.h"

namespace stack {

const DriftHistory::Entry& DriftHistory::note(const std::string& object, std::int64_t now_ns) {
  Entry& entry = entries_[object];
  const std::chrono::nanoseconds quiet(now_ns - std::max(entry.last_ns, entry.not_before_ns));
  ++entry.count;
  // As a service that fails again and again, and under its constants.
  const RestartVerdict verdict =
      decide_restart({RestartPolicy::Kind::always, 0, {}, {}}, ExitRecord{}, entry.in_a_row, quiet);
  entry.in_a_row = verdict.failures;
  entry.last_ns = now_ns;
  const std::chrono::nanoseconds wait = std::min<std::chrono::nanoseconds>(verdict.delay, kLongestWait);
  entry.not_before_ns = wait.count() == 0 ? 0 : now_ns + wait.count();
  return entry;
}

const DriftHistory::Entry* DriftHistory::find(const std::string& object) const {
  const auto it = entries_.find(object);
  return it == entries_.end() ? nullptr : &it->second;
}

}  // namespace stack
