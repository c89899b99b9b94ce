// All that the reading of a stack file asks of the kernel: the files that it names.
#pragma once

#include <optional>
#include <string>

namespace stack {

// The whole text, but no more than a byte above kMaxFileBytes; "-" is standard input. Nothing, with errno
// set, where it cannot be read.
std::optional<std::string> read_source(const std::string& path);
// The same of a regular file, with `why` where it is none: a pipe or a device might never end, and nobody who
// wrote a stack file meant one.
std::optional<std::string> read_regular(const std::string& path, std::string& why);
// Whether something is there that is no folder.
bool is_source_file(const std::string& path);

}  // namespace stack
