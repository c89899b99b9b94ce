// Keeps the firewall off what is merely switched between two ports of a bridge.
#pragma once

#include "specs/result.h"

namespace stack::net {

// Where br_netfilter is on for every bridge of the host (its default once loaded), it is put on each bridge
// that is there and not ours, and taken from the rest: see bridge_netfilter.cpp. Of the calling thread's
// network namespace.
Result<void> confine_bridge_netfilter();

}  // namespace stack::net
