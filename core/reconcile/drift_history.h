// What has drifted how often, and how long its repair waits. Pure: the clock is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace stack {

class DriftHistory {
 public:
  struct Entry {
    int count = 0;                   // drifts altogether
    int in_a_row = 0;                // of them, none a quiet period after the one before
    std::int64_t last_ns = 0;        // monotonic clock
    std::int64_t not_before_ns = 0;  // its repair; 0: at once
  };
  // Who changes one thing in several steps does not flap; who flaps is needed all the same.
  static constexpr int kAtOnce = 3;
  static constexpr std::chrono::seconds kLongestWait{5};

  // A drift of `object`, seen now. The first few are mended at once, those that follow before the quiet
  // period is over (core/reconcile/backoff.h) later and later.
  const Entry& note(const std::string& object, std::int64_t now_ns);
  [[nodiscard]] const Entry* find(const std::string& object) const;

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace stack
