// Who may ask for which name: only services that share a network with the asker. Pure.
#pragma once

#include <memory>
#include <string>

#include "core/plan/model.h"
#include "net/dns_server.h"

namespace stack {

// `upstreams` are the file's `dns` of the services in there, else the host's; none where every network is
// internal.
std::shared_ptr<const net::DnsView> dns_view(const Desired& desired, const std::string& owner);

}  // namespace stack
