// From the file's model to what the kernel should hold: who owns which namespace, who has which address, and
// the hashes that tell a change. Pure but for the claims, which the caller makes.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/engine/namespaces.h"
#include "core/plan/model.h"
#include "core/reconcile/intent.h"
#include "net/firewall.h"
#include "specs/result.h"

namespace stack {

// Services joined by `network_mode`, `ipc`, `pid` or a pod: one user namespace for each group. Service ->
// group, which is
// "" where userns_mode is host.
std::map<std::string, std::string> sharing_groups(const StackSpec& spec);

struct ResolveInput {
  const StackSpec* spec = nullptr;
  const std::set<std::string>* stopped = nullptr;
  std::map<std::string, engine::IdRange> ids;  // by group; a change of it makes the containers anew
  std::vector<std::string> taken;              // networks that IPAM must keep off
  bool ipv6 = true;                            // the host has it; without, no network does
};

// `book` is read and brought up to date.
Result<Desired> resolve(const ResolveInput& input, AddressBook& book);

// The rules that `desired` needs; ports of services that are not wanted running are left out.
net::Firewall firewall_of(const Desired& desired);

}  // namespace stack
