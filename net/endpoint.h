// The veth of one endpoint, with its peer in the container's network namespace.
#pragma once

#include "net/links.h"
#include "net/netlink.h"
#include "specs/result.h"

namespace stack::net {

// `home` is the namespace of `route`; both descriptors stay the caller's.
Result<void> bring_endpoint(Netlink& route, int netns, int home, const Endpoint& endpoint);

}  // namespace stack::net
