// Points in time as records have them.
#pragma once

#include <string>

namespace stack {

// "2026-11-25T18:42:00Z" (RFC 3339).
std::string utc_now();

}  // namespace stack
