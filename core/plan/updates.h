// Updates by deploy.update_config: which containers of a service may be made anew now, and which wait until
// those before them have proven themselves. Told from what is observed alone, so whoever is killed in the
// middle of one goes on with it. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/plan/model.h"

namespace stack {

// What runs once is never made anew: a change of the file is for the next.
bool made_otherwise(const DesiredContainer& wanted, const ObservedContainer& container);

// By what the update of this container goes; null: all of a service's are made anew at once.
const UpdateConfig* update_config_of(const Desired& desired, const DesiredContainer& container);

// Whether a container that is made otherwise may be made anew.
struct UpdateTurn {
  std::vector<std::string> waits;  // "web#2 to be healthy"
  std::int64_t not_before_ns = 0;  // monotonic clock
  std::string impossible;          // the update has failed, in words
};
UpdateTurn turn_of(const Desired& desired, const Observed& observed, const std::string& service);

// Why the update of a service has failed, in words; "" where it has not. `service` is any of its containers.
std::string update_failure(const Desired& desired, const Observed& observed, const std::string& service);

// Whether all is as desired, and has proven itself at `now_ns` (monotonic clock): what can be gone back to.
bool is_good(const Desired& desired, const Observed& observed, std::int64_t now_ns);

// Until when (monotonic clock) the end of an updated container is the update's failure; 0: no longer, or it
// is not updated at all. For as long as it does not run, or is not healthy, the end is open.
inline constexpr std::int64_t kOpenEnd = std::numeric_limits<std::int64_t>::max();
std::int64_t monitored_until(const Desired& desired, const ObservedContainer& container,
                             const DesiredContainer& wanted);

}  // namespace stack
