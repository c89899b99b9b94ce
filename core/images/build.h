// An image made by buildah from a service's `build:`, with buildah's own storage as its cache, into our
// store.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "core/images/build_arguments.h"
#include "core/images/store.h"
#include "specs/result.h"

namespace stack {

struct BuildWatch {
  std::function<void(const std::string&)> line;  // of buildah's output, as it comes
  std::function<void()> built;                   // from now on the image is brought into the store
  std::stop_token stop;                          // ends the build; no working container stays
};

// What the store has then under the build's name; each of its tags is one more name for it. The functions of
// `watch` are called by the calling thread. An error is one line: ENOENT without buildah or a context,
// ECANCELED after a stop, and else the exit code and the reason that buildah gave, with what it said before
// gone to `watch.line`.
Result<StoredImage> build_image(Store& store, const ImageBuild& build, const BuildWatch& watch);

}  // namespace stack
