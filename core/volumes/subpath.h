// `subpath` of a mount: a folder or file within a volume or image, whose content is hostile.
#pragma once

#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::volumes {

// An O_PATH descriptor of what `subpath` (relative) leads to below `data`. Symlinks are followed as long as
// they stay below; one that leads out, by an absolute path or by "..", is an error, however the container
// swaps them meanwhile. Errors: not there, leads out.
Result<UniqueFd> open_subpath(int data, const std::string& subpath);

}  // namespace stack::volumes
