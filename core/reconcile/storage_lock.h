// Between an `up` that looks for its images and volumes, and its intent, which says that it needs them: who
// removes some waits meanwhile. The locks end with their descriptor.
#pragma once

#include <functional>
#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

// By `up`, until its request is answered. Many may have it at once.
Result<UniqueFd> share_storage(const std::string& lib = "/var/lib/stack");

// By who removes images or volumes, before it asks what is in use. `on_wait` is called once where it has to
// wait.
Result<UniqueFd> lock_storage(const std::function<void()>& on_wait,
                              const std::string& lib = "/var/lib/stack");

}  // namespace stack
