// Several files to one: a later file's values over, or behind, the earlier one's by the merge rules of the
// Compose Specification (13-merge.md), with the tags !reset and !override. Every node keeps the place it came
// from. Pure.
#pragma once

#include "specs/document.h"

namespace stack {

void merge_files(Node& base, Node&& later);
// Takes out what is tagged !reset; to be called on the first file, which has nothing below it to reset.
void drop_resets(Node& root);

}  // namespace stack
