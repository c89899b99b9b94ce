// What the user last asked for: on disk with a checksum and a generation number, the generation before it
// beside it. A power cut leaves the new one or the old one, never a mixture.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/control/paths.h"
#include "net/ipam.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

// Addresses that were given, so that they are the same after a restart, an `up` and a reboot.
struct AddressBook {
  std::map<std::string, net::Subnets> networks;                            // by network key
  std::map<std::string, std::map<std::string, net::Addresses>> endpoints;  // network key -> owner
  bool operator==(const AddressBook&) const = default;
};

struct Intent {
  std::uint64_t generation = 0;
  StackSpec spec;
  std::set<std::string> stopped;  // services that were asked to stop, or never to start
  AddressBook book;
};

// What is written of it. `wire` is to_wire(intent.spec), which whoever saves an intent has compared already.
std::string intent_text(const Intent& intent, const std::string& wire);
// The one on the disk becomes the generation before it.
Result<void> save_intent(const Paths& paths, const std::string& text);
// Nothing where there is none. A damaged file falls back to the previous generation, with words in `warning`.
Result<std::optional<Intent>> load_intent(const Paths& paths, std::string& warning);
// The generation before it, which containers may still run by while they are replaced.
Result<std::optional<Intent>> load_previous_intent(const Paths& paths);

}  // namespace stack
