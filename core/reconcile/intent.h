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

// Which of the stack's models it is. A model has the number of the generation that brought it.
struct Standing {
  std::uint64_t model = 0;
  std::int64_t since_ns = 0;  // CLOCK_REALTIME
  std::uint64_t good = 0;     // the last before it by which all ran well; 0: none
  std::uint64_t back_to = 0;  // whose model this is again, after an update that failed; 0: it is a new one
  std::map<std::uint64_t, std::string> failed;  // models whose update did -> why
};

struct Intent {
  std::uint64_t generation = 0;
  Standing standing;
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
Result<Intent> load_intent_file(const std::string& path);
// The generation before it, which containers may still run by while they are replaced.
Result<std::optional<Intent>> load_previous_intent(const Paths& paths);

}  // namespace stack
