// A point in time as a user gives it: `--since 42m`, `--until 2026-11-25T18:42:00Z`. Pure but for the zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "specs/result.h"

namespace stack::cmd {

// Nanoseconds since the epoch, as Docker reads them: how long before `now` (1h30m), seconds since the epoch
// (1136073600.5), or a day or time of RFC 3339, in this machine's zone where none is given.
Result<std::int64_t> parse_moment(const std::string& text, std::chrono::system_clock::time_point now);

// Since the epoch.
double seconds_now();

// A day or a time of RFC 3339 alone; nothing where the text is none.
std::optional<std::int64_t> calendar_time(std::string_view text);

}  // namespace stack::cmd
