// What the kernel tells of changes to the host's links: their settings, addresses, routes, queues, and
// whether the host forwards.
#pragma once

#include <set>
#include <string>

#include "net/listener.h"

namespace stack::net {

class LinkEvents {
 public:
  // Of the network namespace of the calling thread.
  static Result<LinkEvents> open();
  [[nodiscard]] int fd() const { return listener_.fd(); }
  // Takes all that has come. Whether any of it may be about one of these links, or about what all of them
  // need: only then is a look at the kernel worth its price.
  Result<bool> heard_of(const std::set<std::string>& names, const std::set<int>& indices);

 private:
  explicit LinkEvents(Listener listener) : listener_(std::move(listener)) {}
  Listener listener_;
};

}  // namespace stack::net
