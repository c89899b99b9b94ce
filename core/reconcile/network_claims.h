// Which subnets the stacks of this host have taken: two reconcilers that choose at the same time must not
// choose the same.
#pragma once

#include <string>
#include <vector>

#include "core/reconcile/world.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

class NetworkClaims {
 public:
  // Waits for the host-wide lock; it is let go with the object.
  static Result<NetworkClaims> lock();

  // Networks that others have: the host's routes, and the claims of other stacks.
  Result<std::vector<std::string>> taken(World& world) const;
  // Writes down what this stack has.
  Result<void> claim(const World& world, const AddressBook& book) const;

 private:
  explicit NetworkClaims(UniqueFd lock) : lock_(std::move(lock)) {}
  UniqueFd lock_;
};

}  // namespace stack
