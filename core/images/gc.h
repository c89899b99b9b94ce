// What a crash has left in the store, and what nothing refers to any more. Both under the store's lock, which
// the caller holds.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/images/index.h"
#include "core/images/store.h"
#include "specs/result.h"

namespace stack {

// Pulls that were killed are kept for the next try, or for a week of no try.
enum class LeftoverAge { any_finished, a_week };

// Layers that were being unpacked or removed and pulls that were finished, by processes that are gone.
Result<void> clean_leftovers(const std::string& root, LeftoverAge age);

// Of layers that a refused image has brought (diff ids), removes those that no entry needs. Takes the lock
// itself. Without an error: the caller has a greater one to tell, and what stays is the next prune's.
void forget_refused_layers(const Store& store, const std::set<std::string>& layers);

// Removes blobs and layers that neither an entry nor `in_use` (ids, diff ids) needs; bytes of the disk given
// back.
Result<std::uint64_t> sweep(const Store& store, const std::vector<IndexEntry>& entries,
                            const std::set<std::string>& in_use);

}  // namespace stack
