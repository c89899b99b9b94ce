// The veth of one endpoint, with its peer in the container's network namespace.
#pragma once

#include "net/link_reading.h"
#include "net/links.h"
#include "net/netlink.h"
#include "specs/result.h"

namespace stack::net {

// `home` is the namespace of `route`; both descriptors stay the caller's.
Result<void> bring_endpoint(Netlink& route, int netns, int home, const Endpoint& endpoint);
// What of the host's end is not as bring_endpoint makes it. The container's end is in a namespace where the
// container may have its way.
std::optional<Difference> difference_of(const LinkReading& reading, const Endpoint& endpoint);

}  // namespace stack::net
