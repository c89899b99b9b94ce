// An endpoint for tests that make one, or compare it.
#pragma once

#include "net/links.h"

namespace stack::net {

inline const Bridge kFront{"st-bfront", "10.1.0.1/24", "fd01::1/64", 1500};

// On that bridge.
inline Endpoint web_endpoint() {
  Endpoint endpoint;
  endpoint.host_ifname = "st-vweb";
  endpoint.container_ifname = "eth0";
  endpoint.bridge = kFront.ifname;
  endpoint.mac = "02:00:00:00:00:07";
  endpoint.address4 = "10.1.0.7/24";
  endpoint.address6 = "fd01::7/64";
  return endpoint;
}

}  // namespace stack::net
