// The address plan: pure, and the same answer for the same question. Subnets and addresses that were given
// before are kept; a static address of the file is never given to another.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::net {

struct Subnets {  // "10.201.3.0/24", "fd12:...::/64"; gateways without prefix
  std::string subnet4, gateway4;
  std::string subnet6, gateway6;
  auto operator<=>(const Subnets&) const = default;
};

// Chooses the subnets of one network: what its file says, else what `previous` gave, else the first of the
// pool (10.201.0.0/16 in /24s, then 10.202.0.0/16 and on to 10.215) that overlaps none of `taken`. IPv6: a
// ULA /64 derived from project and network.
Result<Subnets> choose_subnets(const std::string& project, const NetworkSpec& network,
                               const Subnets* previous, const std::vector<std::string>& taken);

// What of the subnets may be given to those who ask for no certain address.
struct Allotment {
  std::string range4, range6;         // within the subnets; empty: all of them
  std::vector<std::string> reserved;  // given to nobody
};
Allotment allotment_of(const NetworkSpec& network);

struct Addresses {
  std::string ipv4, ipv6;  // without prefix length
  std::string mac;         // the file's; else locally administered, derived from project, service and network
  auto operator<=>(const Addresses&) const = default;
};

// Addresses of every service on one network: static ones first, then `previous` where still free, then the
// lowest free.
Result<std::map<std::string, Addresses>> assign_addresses(
    const std::string& project, const std::string& network, const Subnets& subnets,
    const std::map<std::string, NetworkAttachment>& attached,
    const std::map<std::string, Addresses>& previous, const Allotment& allotment = {});

// Names of links, at most 15 bytes, distinct between stacks: "st-" and a hash.
std::string bridge_ifname(const std::string& project, const std::string& network);
// The one that the file chose, else that.
std::string bridge_of(const std::string& project, const NetworkSpec& network);
std::string veth_ifname(const std::string& project, const std::string& service, const std::string& network);

}  // namespace stack::net
