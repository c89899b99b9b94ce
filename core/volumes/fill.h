// An image's folder into a volume that is being made, by a child: it has a mount namespace of its own, so
// that nothing is left mounted whatever kills it, and it dies with its parent.
#pragma once

#include <string>

#include "core/volumes/create.h"
#include "specs/result.h"

namespace stack::volumes {

// `draft` has an empty folder "data"; `lock` is the draft's lock, which the child holds too. Nothing is
// synced. After an error "data" may have a part.
Result<void> fill(const Filling& filling, const std::string& draft, int lock);

}  // namespace stack::volumes
