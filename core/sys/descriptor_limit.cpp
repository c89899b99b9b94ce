#include "core/sys/descriptor_limit.h"

#include <algorithm>

namespace stack {
namespace {

constexpr rlim_t kUsual = 1024;
rlimit found{kUsual, kUsual};

}  // namespace

void raise_descriptor_limit() {
  if (::getrlimit(RLIMIT_NOFILE, &found) != 0) return;
  rlimit raised = found;
  raised.rlim_cur = raised.rlim_max;
  // Where it cannot be raised, the first thing that lacks a descriptor will say so.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &raised));
}

rlimit found_descriptor_limit() {
  return {std::min(found.rlim_cur, found.rlim_max), found.rlim_max};
}

}  // namespace stack
