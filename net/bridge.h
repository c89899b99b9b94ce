// The bridge of one network, brought to the state that its struct names.
#pragma once

#include "net/link_reading.h"
#include "net/links.h"
#include "net/netlink.h"
#include "specs/result.h"

namespace stack::net {

// Creates what is missing and mends what differs; a link of another kind with the bridge's name is an error.
// The bridge's index.
Result<int> bring_bridge(Netlink& route, const Bridge& bridge);

// What of it is not as bring_bridge makes it.
Result<std::optional<Difference>> difference_of(const LinkReading& reading, const Bridge& bridge);

}  // namespace stack::net
