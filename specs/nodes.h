// Trees of nodes as values. Pure.
#pragma once

#include <cstddef>

#include "specs/document.h"

namespace stack {

struct Weight {
  std::size_t nodes = 0, bytes = 0;  // bytes of text and keys
};
Weight weight_of(const Node& node);

// Notes of all of it that it was brought in by what stands at `pos`.
void note_origin(Node& node, Origin::How how, const SourcePos& pos);

// Whether both say the same, wherever they say it.
bool same_value(const Node& a, const Node& b);

}  // namespace stack
