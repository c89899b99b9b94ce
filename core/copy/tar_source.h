// A tar, plain or packed by gzip or zstd, from a descriptor. Whoever made it may mean no good.
#pragma once

#include <optional>
#include <string>

#include "core/copy/entry.h"
#include "specs/result.h"

namespace stack::copy {

// Devices and fifos are left out and told.
Result<void> read_tar(int fd, Sink& sink, const LeftOut& left_out);

// "./a//b/" is "a/b", "/a" is "a"; nothing where a ".." is in it, or a NUL, or it is longer than a path may
// be. Pure.
std::optional<std::string> clean_path(const std::string& path);

}  // namespace stack::copy
