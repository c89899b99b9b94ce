// The layers of an image as one read-only tree. The image is hostile: nothing of it is ever followed out of
// it, its setuid programs and devices do nothing.
#pragma once

#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::volumes {

// The root of the tree. Must run in a mount namespace of its own: `scratch` (a folder) gets covered. Lowest
// layer first, at least one.
Result<UniqueFd> mount_image(const std::vector<std::string>& layers, const std::string& scratch);
// `folder` (absolute) as resolved inside of the image, for reading; invalid where the image has none.
Result<UniqueFd> open_image_folder(int root, const std::string& folder);

}  // namespace stack::volumes
