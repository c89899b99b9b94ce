// What is told of files that were not copied (core/copy/entry.h).
#pragma once

#include <string>

#include "cmd/stack/output.h"
#include "specs/utf8.h"

namespace stack::cmd {

inline void tell_left_out(const std::string& words) {
  print_error("stack: left out: " + printable(words) + "\n");
}

}  // namespace stack::cmd
