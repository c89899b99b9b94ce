// The networks of the file's top level to their models.
#include "specs/network_opts.h"
#include "specs/scalars.h"
#include "specs/top_level.h"

namespace stack {
namespace {

struct NetworkReading {
  NetworkSpec& spec;
  Marks& marks;
  Reading& reading;
};
using N = NetworkReading;

struct PoolReading {
  N& n;
  const Node* subnet = nullptr;
  const Node* gateway = nullptr;
  const Node* range = nullptr;
  const Node* aux = nullptr;
};

constexpr KeyRule<PoolReading> kPoolKeys[] = {
    {"aux_addresses", [](PoolReading& p, const Node& node) { p.aux = &node; }},
    {"gateway", [](PoolReading& p, const Node& node) { p.gateway = &node; }},
    {"ip_range", [](PoolReading& p, const Node& node) { p.range = &node; }},
    {"subnet", [](PoolReading& p, const Node& node) { p.subnet = &node; }},
};

// An address of the subnet; nothing where it is a fault.
std::optional<std::string> address_in(N& n, const Node& node, const std::string& what,
                                      const scalars::Subnet& subnet, const std::string& text) {
  const auto address = n.reading.value(node, what + " in ipam.config", "an IP address", scalars::address);
  if (!address || subnet.contains(*address)) return address;
  n.reading.fault(node, FaultCode::address_conflict,
                  what + " \"" + *address + "\" is not in subnet \"" + text + "\"");
  return std::nullopt;
}

void range(N& n, const Node& node, const scalars::Subnet& subnet, const std::string& text) {
  const auto part =
      n.reading.value(node, "ip_range in ipam.config",
                      "a subnet such as \"10.5.0.128/25\", its host bits zero", scalars::subnet);
  if (!part) return;
  if (part->prefix < subnet.prefix || !part->overlaps(subnet) || part->is_ipv4() != subnet.is_ipv4())
    return n.reading.fault(node, FaultCode::address_conflict,
                           "ip_range \"" + node.text + "\" is not in subnet \"" + text + "\"");
  (subnet.is_ipv4() ? n.spec.range4 : n.spec.range6) = node.text;
}

void aux_addresses(N& n, const Node& node, const scalars::Subnet& subnet, const std::string& text) {
  if (!n.reading.is_map(node, "aux_addresses in ipam.config")) return;
  auto& all = subnet.is_ipv4() ? n.spec.aux4 : n.spec.aux6;
  for (const Entry& entry : node.entries) {
    const auto address = address_in(n, entry.value, "aux_addresses." + entry.key, subnet, text);
    if (address) all[entry.key] = *address;
  }
}

void pool(N& n, const Node& node) {
  PoolReading p{n};
  n.reading.keys<PoolReading>(node, "ipam.config", kPoolKeys, p);
  if (p.subnet == nullptr)
    return n.reading.fault(node, FaultCode::missing_key, n.reading.of("ipam.config") + " needs a \"subnet\"");
  const auto subnet =
      n.reading.value(*p.subnet, "subnet in ipam.config",
                      "a subnet such as \"10.5.0.0/24\", its host bits zero", scalars::subnet);
  if (!subnet) return;
  std::string& text = subnet->is_ipv4() ? n.spec.subnet4 : n.spec.subnet6;
  if (!text.empty()) {
    return n.reading.fault(*p.subnet, FaultCode::address_conflict,
                           n.reading.owner() + " has two IPv" + (subnet->is_ipv4() ? "4" : "6") + " subnets",
                           "a bridge has one of each family; another network has another");
  }
  text = p.subnet->text;
  n.marks[subnet->is_ipv4() ? "subnet4" : "subnet6"] = p.subnet->mark();
  if (p.gateway != nullptr)
    (subnet->is_ipv4() ? n.spec.gateway4 : n.spec.gateway6) =
        address_in(n, *p.gateway, "gateway", *subnet, text).value_or("");
  if (p.range != nullptr) range(n, *p.range, *subnet, text);
  if (p.aux != nullptr) aux_addresses(n, *p.aux, *subnet, text);
}

constexpr KeyRule<N> kIpamKeys[] = {
    {"config",
     [](N& n, const Node& node) {
       if (!n.reading.is_list(node, "ipam.config")) return;
       for (const Node& item : node.items) {
         if (n.reading.is_map(item, "each item in ipam.config")) pool(n, item);
       }
     }},
    {"driver",
     [](N& n, const Node& node) {
       const auto text = n.reading.text(node, "ipam.driver");
       if (text && *text != "default")
         n.reading.fault(
             node, FaultCode::never_kept,
             "ipam driver \"" + *text + "\" is not supported: there is no other than \"default\"");
     }},
    {"options",
     [](N& n, const Node& node) {
       if (!n.reading.is_map(node, "ipam.options") || node.entries.empty()) return;
       n.reading.warn(node, FaultCode::no_effect,
                      n.reading.of("ipam.options") + " mean nothing to the ipam driver \"default\"");
     }},
};

void driver(N& n, const Node& node) {
  const auto text = n.reading.text(node, "driver");
  if (!text || *text == "bridge" || *text == "default") return;
  const std::string words = "network driver \"" + *text + "\" is not supported";
  if (*text == "host" || *text == "none")
    n.reading.fault(
        node, FaultCode::never_kept, words + ": it makes no network",
        "network_mode: " + *text + " in the service, or {external: true, name: " + *text + "} here");
  else if (*text == "macvlan" || *text == "ipvlan")
    n.reading.fault(node, FaultCode::not_yet, words + " yet: a network is a bridge of this host");
  else if (*text == "overlay")
    n.reading.fault(node, FaultCode::never_kept, words + ": it spans hosts, and a stack lives on one");
  else
    n.reading.fault(node, FaultCode::never_kept, words, "\"bridge\" is");
}

constexpr KeyRule<N> kKeys[] = {
    {"attachable",
     [](N& n, const Node& node) {
       if (n.reading.truth(node, "attachable").value_or(false))
         n.reading.warn(node, FaultCode::no_effect,
                        n.reading.of("attachable") + " means nothing on one host");
     }},
    {"driver", driver},
    {"driver_opts", [](N& n, const Node& node) { read_driver_opts(n.reading, node, n.spec); }},
    {"enable_ipv4",
     [](N& n, const Node& node) {
       n.marks["enable_ipv4"] = node.mark();
       n.spec.enable_ipv4 = n.reading.truth(node, "enable_ipv4").value_or(true);
     }},
    {"enable_ipv6",
     [](N& n, const Node& node) {
       n.spec.enable_ipv6 = n.reading.truth(node, "enable_ipv6").value_or(true);
     }},
    {"external",
     [](N& n, const Node& node) {
       n.marks["external"] = node.mark();
       n.spec.external = external(n.reading, node, n.spec.name);
     }},
    {"internal",
     [](N& n, const Node& node) { n.spec.internal = n.reading.truth(node, "internal").value_or(false); }},
    {"ipam",
     [](N& n, const Node& node) {
       if (n.reading.is_map(node, "ipam")) n.reading.keys<N>(node, "ipam", kIpamKeys, n);
     }},
    {"labels", [](N& n, const Node& node) { n.spec.labels = n.reading.text_map(node, "labels"); }},
    {"name",
     [](N& n, const Node& node) {
       n.marks["name"] = node.mark();
       if (auto name = n.reading.text(node, "name"); name && !name->empty()) n.spec.name = *std::move(name);
     }},
};

void check_families(N& n) {
  const NetworkSpec& spec = n.spec;
  const auto say = [&](const char* at, const std::string& words) {
    const Mark mark = n.marks[n.marks.contains(at) ? at : ""];
    n.reading.diagnostics().error(mark, FaultCode::conflicting_keys, words);
  };
  if (!spec.enable_ipv4 && !spec.enable_ipv6)
    say("enable_ipv4", n.reading.owner() + " has neither IPv4 nor IPv6");
  if (!spec.enable_ipv4 && !spec.subnet4.empty())
    say("subnet4", n.reading.owner() + " has an IPv4 subnet, but enable_ipv4 is false");
  if (!spec.enable_ipv6 && !spec.subnet6.empty())
    say("subnet6", n.reading.owner() + " has an IPv6 subnet, but enable_ipv6 is false");
}

}  // namespace

NetworkSpec read_network(const Entry& entry, const Surroundings& around, Diagnostics& diagnostics,
                         Marks& marks) {
  NetworkSpec spec;
  spec.key = entry.key;
  marks[""] = entry.mark();
  Reading reading(diagnostics, "network \"" + entry.key + "\"");
  if (!entry.value.is_null() && reading.is_map(entry.value, "")) {
    N n{spec, marks, reading};
    reading.keys<N>(entry.value, "", kKeys, n);
    if (spec.name.empty() && spec.external) spec.name = entry.key;
    if (spec.external) refuse_beside_external(reading, entry.value);
    check_families(n);
  }
  if (spec.name.empty()) spec.name = around.project + "_" + entry.key;
  return spec;
}

}  // namespace stack
