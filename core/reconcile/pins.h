// The mounts that keep a sandbox's namespaces, and how they are told from others: their marks are written
// down when they are made, so that what a container has made for itself is never taken for one of them.
#pragma once

#include <string>

#include "core/reconcile/world.h"
#include "specs/result.h"

namespace stack {

// The folder of all that ends with the boot is mounted as it should be: from here on it is known, and held.
Result<void> hold_folder(World& world);
// Mounts it again, with what was in it and all that is known of the stack.
Result<void> mend_folder(World& world);

// They are as they are meant to be from here on.
void note_pins(World& world, const std::string& owner);
// They are nobody's any more.
void forget_pins(World& world, const std::string& owner);
// Those that are not as they were made: "net, ipc"; "" where all are.
std::string lost_pins(World& world, const std::string& owner);
// Puts them back from the processes that live in what they pinned. Where nobody does any more, the sandbox is
// to be made anew, with the containers that were started in it.
enum class Mended { yes, by_making_anew };
Result<Mended> mend_pins(World& world, const std::string& owner);

}  // namespace stack
