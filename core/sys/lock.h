// flock(2): a lock of whoever has opened the file or folder; it ends with the last copy of the descriptor.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack {

enum class Locking { shared, exclusive };
enum class Waiting { no, yes };

// Whether it was got; never false for who waits. `what` is for the words of an error. A file that has been
// waited for may have been renamed or removed meanwhile.
Result<bool> lock(int fd, Locking how, Waiting waiting, const std::string& what);

}  // namespace stack
