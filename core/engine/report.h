// How a child tells its parent, before exec, what went wrong: one bounded record down a pipe. End of file
// without a record means that exec worked (the pipe is CLOEXEC).
#pragma once

#include <cstddef>

#include "specs/result.h"

namespace stack::engine {

struct Report {
  int code = 0;           // errno
  char step[64] = {};     // "mount volume"
  char object[384] = {};  // "/data"; may be empty
};

// Writes a report of errno and ends the child. As shells do, 127 says that the program was not found, 126
// everything else.
[[noreturn]] void fail(int outcome, const char* step, const char* object) noexcept;
[[noreturn]] void fail(int outcome, const char* step, const char* object, int code) noexcept;

// `mount volume "/data": Permission denied`.
Error error_of(const Report& report);

}  // namespace stack::engine
