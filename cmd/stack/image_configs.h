// The images' side of the model: each reference resolved, each config applied, volumes_from expanded. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/images/store.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// By the reference of the file and the platform it is wanted for.
using ImagesHere = std::map<std::pair<ImageRef, std::string>, ResolvedImage>;

// Images that are not in `here` stay as they are. A service takes the mounts of those in its volumes_from,
// those of their images included, unless it mounts something there itself. An error where volumes_from runs
// in a circle.
Result<void> apply_images(StackSpec& spec, const ImagesHere& here);

}  // namespace stack::cmd
