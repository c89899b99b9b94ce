#include "specs/scalars.h"
#include "specs/service.h"

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
};

constexpr KeyRule<PoolReading> kPoolKeys[] = {
    {"aux_addresses", nullptr},
    {"gateway", [](PoolReading& p, const Node& node) { p.gateway = &node; }},
    {"ip_range", nullptr},
    {"subnet", [](PoolReading& p, const Node& node) { p.subnet = &node; }},
};

void pool(N& n, const Node& node) {
  PoolReading p{n};
  n.reading.keys<PoolReading>(node, "ipam.config", kPoolKeys, p);
  if (p.subnet == nullptr) return n.reading.fault(node, n.reading.of("ipam.config") + " needs a \"subnet\"");
  const auto subnet =
      n.reading.value(*p.subnet, "subnet in ipam.config",
                      "a subnet such as \"10.5.0.0/24\", its host bits zero", scalars::subnet);
  if (!subnet) return;
  std::string& text = subnet->is_ipv4() ? n.spec.subnet4 : n.spec.subnet6;
  if (!text.empty()) {
    return n.reading.fault(*p.subnet, n.reading.owner() + " has two IPv" + (subnet->is_ipv4() ? "4" : "6") +
                                          " subnets; one is supported");
  }
  text = p.subnet->text;
  n.marks[subnet->is_ipv4() ? "subnet4" : "subnet6"] = {p.subnet->pos, p.subnet->length};
  if (p.gateway == nullptr) return;
  const auto gateway =
      n.reading.value(*p.gateway, "gateway in ipam.config", "an IP address", scalars::address);
  if (!gateway) return;
  if (!subnet->contains(*gateway)) {
    return n.reading.fault(*p.gateway, "gateway \"" + *gateway + "\" is not in subnet \"" + text + "\"");
  }
  (subnet->is_ipv4() ? n.spec.gateway4 : n.spec.gateway6) = *gateway;
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
         n.reading.fault(node, "ipam driver \"" + *text + "\" is not supported yet");
     }},
    {"options", nullptr},
};

void driver_opts(N& n, const Node& node) {
  if (!n.reading.is_map(node, "driver_opts")) return;
  for (const Entry& entry : node.entries) {
    if (entry.key != "com.docker.network.driver.mtu") {
      n.reading.not_yet(entry);
    } else if (const auto mtu = n.reading.integer(entry.value, "the MTU", 1280, 65535)) {
      n.spec.mtu = static_cast<std::uint32_t>(*mtu);  // less than 1280 is no link for IPv6 (RFC 8200, 5)
    }
  }
}

constexpr KeyRule<N> kKeys[] = {
    {"attachable", nullptr},
    {"driver",
     [](N& n, const Node& node) {
       const auto text = n.reading.text(node, "driver");
       if (text && *text != "bridge" && *text != "default")
         n.reading.fault(node, "network driver \"" + *text + "\" is not supported yet");
     }},
    {"driver_opts", driver_opts},
    {"enable_ipv4", nullptr},
    {"enable_ipv6",
     [](N& n, const Node& node) {
       n.spec.enable_ipv6 = n.reading.truth(node, "enable_ipv6").value_or(true);
     }},
    {"external", nullptr},
    {"internal",
     [](N& n, const Node& node) { n.spec.internal = n.reading.truth(node, "internal").value_or(false); }},
    {"ipam",
     [](N& n, const Node& node) {
       if (n.reading.is_map(node, "ipam")) n.reading.keys<N>(node, "ipam", kIpamKeys, n);
     }},
    {"labels", [](N& n, const Node& node) { n.spec.labels = n.reading.text_map(node, "labels"); }},
    {"name",
     [](N& n, const Node& node) {
       if (auto name = n.reading.text(node, "name"); name && !name->empty()) n.spec.name = *std::move(name);
     }},
};

}  // namespace

NetworkSpec read_network(const Entry& entry, const Surroundings& around, Diagnostics& diagnostics,
                         Marks& marks) {
  NetworkSpec spec;
  spec.key = entry.key;
  spec.name = around.project + "_" + entry.key;
  marks[""] = {entry.pos, entry.length};
  Reading reading(diagnostics, "network \"" + entry.key + "\"");
  if (entry.value.is_null() || !reading.is_map(entry.value, "")) return spec;
  N n{spec, marks, reading};
  reading.keys<N>(entry.value, "", kKeys, n);
  return spec;
}

}  // namespace stack
