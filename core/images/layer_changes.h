// What a container's writable layer says differently from the layers below it. Both are read as somebody
// else's who means no good: nothing is followed out of a layer.
#pragma once

#include <string>
#include <vector>

#include "specs/result.h"

namespace stack {

struct LayerChange {
  enum class Kind { added, changed, deleted };
  Kind kind;
  std::string path;  // absolute, in the container
  bool operator==(const LayerChange&) const = default;
};

// By path, folders before what is in them. `upper` and `lower` (uppermost first) are folders in overlayfs
// form. A folder counts as changed when anything in it has changed, as with Docker; of what a folder that is
// opaque hides, the topmost is told as deleted.
Result<std::vector<LayerChange>> layer_changes(const std::string& upper,
                                               const std::vector<std::string>& lower);

}  // namespace stack
