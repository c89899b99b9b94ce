// What a tar says about an entry beside its name and content.
#pragma once

#include "core/images/layer_tree.h"
#include "specs/result.h"

struct archive_entry;

namespace stack {

Result<EntryAttributes> attributes_of(struct archive_entry* entry);

}  // namespace stack
