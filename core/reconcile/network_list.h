// The networks of all stacks of this host, from their intents on disk: they are there from `up` to `down`.
#pragma once

#include <string>
#include <vector>

#include "net/ipam.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

struct NetworkMember {  // a running container
  std::string id, name, service;
  net::Addresses addresses;
};

struct ListedNetwork {
  std::string id;  // 64 hex digits, of the stack's and the network's names
  std::string project;
  NetworkSpec spec;
  net::Subnets subnets;
  std::string bridge;  // link name
  std::vector<NetworkMember> members;
};

// By name. What of a stack cannot be read is told in `faults`, and the others are listed.
Result<std::vector<ListedNetwork>> list_networks(std::vector<std::string>& faults,
                                                 const std::string& lib = "/var/lib/stack",
                                                 const std::string& run = "/run/stack");

}  // namespace stack
