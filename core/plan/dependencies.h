// What a container's start and stop wait for. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/plan/model.h"

namespace stack {

struct DependencyVerdict {
  std::vector<std::string> waits;  // what is not yet so, in words
  std::string impossible;          // what can no longer become so, in words
};

// Whether the `depends_on` of `service` hold.
DependencyVerdict dependencies_of(const Desired& desired, const Observed& observed,
                                  const std::string& service);

// Services in an order in which each comes after all that it depends on.
std::vector<std::string> start_order(const Desired& desired);

}  // namespace stack
