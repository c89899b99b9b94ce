// From the model to the folders that a container is made of: its image's layers, its volumes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

// The folders of an image's layers, lowest first; none for an image that has no layers (host:, rootfs:). An
// error where one is not there.
Result<std::vector<std::string>> layer_folders(const ImageRef& image);

// The layers of each mount of type image, by target.
Result<std::map<std::string, std::vector<std::string>>> image_mounts(const ServiceSpec& service);

// What each mount of type volume shows, by target; mounted first where the volume's data lies elsewhere.
Result<std::map<std::string, UniqueFd>> open_volumes(const std::string& project, const ServiceSpec& service);

// The full name of the volume that a mount of type volume is of.
std::string volume_of(const std::string& project, const ServiceSpec& service, const Mount& mount);

}  // namespace stack
