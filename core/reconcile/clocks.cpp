#include <ctime>

#include "core/reconcile/world.h"

namespace stack {
namespace {

std::int64_t now_of(clockid_t clock) {
  timespec ts{};
  ::clock_gettime(clock, &ts);
  return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
}

}  // namespace

std::int64_t realtime_ns() {
  return now_of(CLOCK_REALTIME);
}
std::int64_t monotonic_ns() {
  return now_of(CLOCK_MONOTONIC);
}

}  // namespace stack
