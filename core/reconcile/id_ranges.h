// Which uids a sharing group owns on this host. Ranges of different groups and stacks never overlap: a claim
// is a file made with link(2), which fails when another has it.
#pragma once

#include <cstdint>
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

// The slot of `group`, claimed before or now. The same names get the same slot as long as it is free.
Result<IdSlot> claim_ids(const std::string& project, const std::string& group);
// Gives back every slot of the stack.
Result<void> release_ids(const std::string& project);

}  // namespace stack
