// Which services a command is about: those without `profiles`, those of an active one, and those that it
// names. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "specs/document.h"
#include "specs/load.h"

namespace stack {

class ActiveProfiles {
 public:
  // As asked for by --profile, or else COMPOSE_PROFILES; and those of the services that the command names, as
  // far as they are not active without. `services` may be null.
  ActiveProfiles(const LoadOptions& options, const std::map<std::string, std::string>& environment,
                 const Node* services);

  [[nodiscard]] bool activate(const Node& service) const;

 private:
  std::set<std::string> names_;
};

// As far as they are a list of text.
std::vector<std::string> profiles_of(const Node& service);

// All that the file has, sorted.
std::set<std::string> all_profiles(const StackSpec& spec);
// A warning for what --profile names and no service has.
void check_profiles(const LoadOptions& options, const StackSpec& spec, Diagnostics& diagnostics);

}  // namespace stack
