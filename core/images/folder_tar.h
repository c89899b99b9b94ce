// A folder as a layer's tar: what `stack import` is given when a root file system lies unpacked.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack {

// Numeric owners, times, links, nodes and the attributes that an image may have. Sockets are left out, as
// tar(1) does; other file systems that are mounted in it are not entered.
Result<void> write_folder_tar(const std::string& folder, const std::string& tar);

}  // namespace stack
