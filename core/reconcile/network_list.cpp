#include "core/reconcile/network_list.h"

#include <algorithm>

#include "core/reconcile/in_use.h"
#include "core/reconcile/intent.h"
#include "core/reconcile/record.h"
#include "specs/canonical.h"
#include "specs/effective.h"

namespace stack {
namespace {

std::vector<NetworkMember> members_of(const Intent& intent, const std::string& key, const Records& records) {
  std::vector<NetworkMember> members;
  const auto given = intent.book.endpoints.find(key);
  if (given == intent.book.endpoints.end()) return members;
  for (const auto& [name, service] : intent.spec.services) {
    const auto address = given->second.find(network_owner(intent.spec, service));
    const auto record = records.find(name);
    if (address == given->second.end() || record == records.end() || !has_process(record->second.state))
      continue;
    members.push_back({record->second.id, service.container_name, name, address->second});
  }
  return members;
}

ListedNetwork listed(const Intent& intent, const NetworkSpec& network, const Records& records) {
  const std::string& project = intent.spec.name;
  ListedNetwork one{sha256_hex("network " + project + " " + network.key), project, network, {}, "", {}};
  const auto subnets = intent.book.networks.find(network.key);
  if (subnets != intent.book.networks.end()) one.subnets = subnets->second;
  one.bridge = net::bridge_of(project, network);
  one.members = members_of(intent, network.key, records);
  return one;
}

}  // namespace

Result<std::vector<ListedNetwork>> list_networks(std::vector<std::string>& faults, const std::string& lib,
                                                 const std::string& run) {
  std::vector<ListedNetwork> networks;
  for (const std::string& project : TRY(stacks_in(lib))) {
    const Paths paths(project, lib, run);
    std::string warning;
    const auto intent = load_intent(paths, warning);
    if (!intent) faults.push_back("networks of stack \"" + project + "\": " + intent.error().words);
    if (!intent || !*intent) continue;
    const auto records = load_records(paths, faults);
    if (!records) faults.push_back("containers of stack \"" + project + "\": " + records.error().words);
    for (const auto& [key, network] : (*intent)->spec.networks)
      networks.push_back(listed(**intent, network, records ? *records : Records{}));
  }
  std::stable_sort(networks.begin(), networks.end(),
                   [](const ListedNetwork& a, const ListedNetwork& b) { return a.spec.name < b.spec.name; });
  return networks;
}

}  // namespace stack
