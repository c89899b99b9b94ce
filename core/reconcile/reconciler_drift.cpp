// What changes below the stack without its doing: when it is looked for, and how soon it is mended.
#include <cstdio>

#include "core/reconcile/reconciler.h"

namespace stack {
namespace {

constexpr std::int64_t kLookAgainNs = 100'000'000;

}  // namespace

// Called when something was heard, and when all work is done: what we change ourselves is heard too, and must
// be whole before it is compared.
void Reconciler::look_for_drift() {
  if (!at_rest() || down_ || !world_.intent) return;
  const Result<void> looked = drift_.look();
  if (!looked) {
    // A link that went while it was looked at, say. What was to be compared still is.
    std::fprintf(stderr, "look for drift: %s\n", looked.error().words.c_str());
    arm_timer(monotonic_ns() + kLookAgainNs);
  }
  if (!world_.drift.empty()) wake();
}

// Before somebody is told what is, or asks for something else. While steps are under way the kernel is not as
// anybody wants it; the look that follows them is then at everything.
Result<void> Reconciler::look_at_all() {
  drift_.look_at_all_next();
  return queue_.empty() && executor_.settled() && !down_ ? drift_.look() : Result<void>();
}

void Reconciler::note_drift(const Drift& drift) {
  const DriftHistory::Entry& entry = drift_history_.note(drift.object, monotonic_ns());
  std::string damped;
  if (entry.not_before_ns != 0)
    damped = ", again (" + std::to_string(entry.in_a_row) + " times in a row): mended in " +
             std::to_string((entry.not_before_ns - entry.last_ns) / 1'000'000) + " ms";
  std::fprintf(stderr, "%s: %s instead of %s (%s)%s\n", drift.object.c_str(), drift.found.c_str(),
               drift.expected.c_str(), drift.cause.c_str(), damped.c_str());
}

// Of what has drifted again and again; 0 for any other action.
std::int64_t Reconciler::damped_until(const Action& action) const {
  if (world_.drift.empty()) return 0;
  const std::string object = object_of(action);
  const DriftHistory::Entry* const entry =
      world_.drift.contains(object) ? drift_history_.find(object) : nullptr;
  return entry == nullptr ? 0 : entry->not_before_ns;
}

}  // namespace stack
