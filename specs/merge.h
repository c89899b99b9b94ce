// Several files to one: a later file's values over, or behind, the earlier one's by the merge rules of the
// Compose Specification (13-merge.md), with the tags !reset and !override. Every node keeps the place it came
// from. Pure.
#pragma once

#include "specs/document.h"
#include "specs/merge_rules.h"

namespace stack {

void merge_files(Node& base, Node&& later);
// Takes out what is tagged !reset; to be called on the first file, which has nothing below it to reset.
void drop_resets(Node& root);

// The same for what a file takes from elsewhere (`extends`, `include`), which lies below what it says itself
// at `place`. The tags stay: they hold for the files before it as well.
void merge_below(Place place, Node& own, Node&& taken);
// What was tagged was so for the files before the one it stands in, and is no matter for who takes from it.
void forget_tags(Node& root);

}  // namespace stack
