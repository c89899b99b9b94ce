// Which uids a sharing group owns on this host. Ranges of different groups and stacks never overlap: a claim
// is a symlink that says whose it is: made whole in one call, which fails when another has the slot.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/engine/namespaces.h"
#include "specs/result.h"

namespace stack {

// Slots of 65536 ids from 0x70000000 up to 0x7fef0000: a span that systemd's UIDS-GIDS document leaves unused
// and login.defs' subordinate ids do not reach.
struct IdSlot {
  std::uint32_t number = 0;
  [[nodiscard]] engine::IdRange range() const { return {0x70000000u + number * 65536u, 65536u}; }
};

// The slot of each of `groups`: the one claimed before, else a free one, the same for the same names as long
// as it is free.
Result<std::map<std::string, IdSlot>> claim_ids(const std::string& project,
                                                const std::set<std::string>& groups);
// Gives back the slot of one group, which is no more.
Result<void> release_id(const std::string& project, const std::string& group);
// Gives back every slot of the stack.
Result<void> release_ids(const std::string& project);

}  // namespace stack
