// The digests that the images of a stack have in their registries now, asked of skopeo.
#pragma once

#include <map>
#include <string>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// By service, "docker.io/library/redis:7@sha256:...": of those with an image of a registry that is named
// without a digest and not built here. Every image that cannot be asked for is told in one error.
Result<std::map<std::string, std::string>> image_digests(const StackSpec& spec);

}  // namespace stack::cmd
