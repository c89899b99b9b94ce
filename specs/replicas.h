// The containers of a service that has several (`scale`, `deploy.replicas`): "web", "web#2", "web#3". The
// first is the service itself, and of each other a service is made like it. No service has a "#" in its name,
// so it is nobody else's among services, records, cgroups and folders. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "specs/stack_spec.h"

namespace stack {

inline constexpr int kMostReplicas = 1000;  // of one service

// How many the file wants.
int replicas_of(const ServiceSpec& service);

// "web#2" of "web" and 2; number 1 is the service.
std::string replica_name(const std::string& service, int number);
bool is_replica(const std::string& name);  // beyond the first
// 1 of a name that is no replica's.
int number_of(const std::string& name);
// What a container is called beside others of its stack: "web-1", "web-2"; a one-off by its own name.
std::string numbered_name(const std::string& name);

// The stack with each container as a service of its own: what depends on a service depends on all of its
// containers, and a service of none is not in it. Of a stack without faults (replica_faults).
StackSpec with_replicas(StackSpec spec);

// What only one container can have, and more are wanted; or a namespace of one that is not to be.
struct ReplicaFault {
  std::string service, key;  // "ports.0"
  std::string words, hint;
};
std::vector<ReplicaFault> replica_faults(const StackSpec& spec);

// Whether a name of the command line or of a request is about this container: a service's is about all of its
// containers, and that of alone() about one.
bool is_named(const std::string& container, const std::string& word);
std::string alone(const std::string& container);

// The services of a stack with replicas that are containers of the named ones.
std::set<std::string> containers_of(const StackSpec& spec, const std::vector<std::string>& names);

}  // namespace stack
