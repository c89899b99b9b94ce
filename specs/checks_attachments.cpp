// What the attachments of all services, and the links between them, are to each other.
#include <algorithm>
#include <set>

#include "specs/checks.h"
#include "specs/effective.h"

namespace stack {
namespace {

using Kind = NamespaceMode::Kind;

Mark place_in(const Draft& draft, const ServiceSpec& service, const std::string& key, const char* part) {
  return place_of(draft.services, service.name, "networks." + key + "." + part);
}

// One name, or one hardware address, for one interface.
class InterfaceCheck {
 public:
  InterfaceCheck(const Draft& draft, Diagnostics& diagnostics) : draft_(draft), diagnostics_(diagnostics) {}

  void visit(const ServiceSpec& service) {
    const std::string sandbox = network_owner(draft_.spec, service);
    const std::string first = first_network(service);
    for (const auto& [key, attachment] : service.networks) {
      claim_name(service, sandbox, key, attachment.interface_name);
      const bool by_service = attachment.mac_address.empty() && key == first;
      claim_mac(service, sandbox, key, by_service ? service.mac_address : attachment.mac_address);
    }
    check_mac_of_service(service, first);
  }

 private:
  struct Claim {
    std::string service, sandbox, key;
  };

  void claim_name(const ServiceSpec& service, const std::string& sandbox, const std::string& key,
                  const std::string& name) {
    if (name.empty()) return;
    const auto [it, fresh] = names_.try_emplace({sandbox, name}, Claim{service.name, sandbox, key});
    if (fresh || it->second.key == key) return;
    error(diagnostics_, place_in(draft_, service, key, "interface_name"), FaultCode::address_conflict,
          "interface_name \"" + name + "\" is that of network \"" + it->second.key + "\" too");
  }

  void claim_mac(const ServiceSpec& service, const std::string& sandbox, const std::string& key,
                 const std::string& mac) {
    if (mac.empty()) return;
    const auto [it, fresh] = macs_.try_emplace({key, mac}, Claim{service.name, sandbox, key});
    if (fresh || it->second.sandbox == sandbox) return;
    error(diagnostics_, place_in(draft_, service, key, "mac_address"), FaultCode::address_conflict,
          "mac_address \"" + mac + "\" is that of service \"" + it->second.service + "\" too, in network \"" +
              key + "\"");
  }

  void check_mac_of_service(const ServiceSpec& service, const std::string& first) {
    if (service.mac_address.empty()) return;
    const Mark mark = place_of(draft_.services, service.name, "mac_address");
    if (first.empty())
      return error(diagnostics_, mark, FaultCode::conflicting_keys,
                   "mac_address of service \"" + service.name + "\" needs a network of its own");
    const std::string& other = service.networks.at(first).mac_address;
    if (other.empty() || other == service.mac_address) return;
    error(diagnostics_, mark, FaultCode::conflicting_keys,
          "mac_address of service \"" + service.name + "\" is \"" + other + "\" in network \"" + first +
              "\", which is attached first",
          "that one alone is enough");
  }

  const Draft& draft_;
  Diagnostics& diagnostics_;
  std::map<std::pair<std::string, std::string>, Claim> names_, macs_;
};

// The networks that each network namespace is on, by whose it is; a host's is on none.
using Reach = std::map<std::string, std::set<std::string>>;

Reach reach_of(const StackSpec& spec) {
  Reach reach;
  for (const auto& [name, service] : spec.services) {
    const std::string owner = network_owner(spec, service);
    if (owner.empty()) continue;
    for (const auto& [key, attachment] : service.networks) reach[owner].insert(key);
  }
  return reach;
}

bool share_a_network(const StackSpec& spec, const Reach& reach, const ServiceSpec& a, const ServiceSpec& b) {
  const auto ours = reach.find(network_owner(spec, a)), theirs = reach.find(network_owner(spec, b));
  if (ours == reach.end() || theirs == reach.end()) return false;
  return std::any_of(ours->second.begin(), ours->second.end(),
                     [&](const std::string& key) { return theirs->second.contains(key); });
}

void check_links(const Draft& draft, const Reach& reach, const ServiceSpec& service,
                 Diagnostics& diagnostics) {
  if (service.links.empty()) return;
  if (service.network_mode.kind != Kind::own)
    return error(diagnostics, place_of(draft.services, service.name, "links"), FaultCode::conflicting_keys,
                 "links of service \"" + service.name + "\" need a network of its own",
                 "names are answered network namespace by network namespace");
  for (const ServiceLink& link : service.links) {
    const Mark mark = place_of(draft.services, service.name, "links." + link.service);
    const auto other = draft.spec.services.find(link.service);
    if (other == draft.spec.services.end()) {
      Absence absence = why_absent(draft.spec, link.service);
      error(diagnostics, mark, absence.code, "service \"" + service.name + "\" is linked to " + absence.words,
            std::move(absence.hint));
    } else if (link.service != service.name && !share_a_network(draft.spec, reach, service, other->second)) {
      diagnostics.warning(mark, FaultCode::unreachable_service,
                          "service \"" + service.name + "\" is linked to \"" + link.service +
                              "\", but is on no network with it: the name will not be found");
    }
  }
}

}  // namespace

void check_attachments(const Draft& draft, Diagnostics& diagnostics) {
  InterfaceCheck interfaces(draft, diagnostics);
  const Reach reach = reach_of(draft.spec);
  for (const auto& [name, service] : draft.spec.services) {
    interfaces.visit(service);
    check_links(draft, reach, service, diagnostics);
  }
}

}  // namespace stack
