#include "specs/network_opts.h"

#include "specs/scalars.h"

namespace stack {
namespace {

struct OptReading {
  Reading& reading;
  NetworkSpec& spec;
};
using O = OptReading;

constexpr char kMtu[] = "com.docker.network.driver.mtu";
constexpr char kPrefix[] = "com.docker.network.container_iface_prefix";
constexpr char kName[] = "com.docker.network.bridge.name";
constexpr char kBinding[] = "com.docker.network.bridge.host_binding_ipv4";
constexpr char kIcc[] = "com.docker.network.bridge.enable_icc";
constexpr char kMasquerade[] = "com.docker.network.bridge.enable_ip_masquerade";

// Room for the number behind it.
std::optional<std::string> interface_prefix(std::string_view text) {
  return text.size() > 12 ? std::nullopt : scalars::interface_name(text);
}

constexpr KeyRule<O> kOpts[] = {
    {"com.docker.network.bridge.gateway_mode_ipv4", nullptr},
    {"com.docker.network.bridge.gateway_mode_ipv6", nullptr},
    {"com.docker.network.bridge.inhibit_ipv4", nullptr},
    {"com.docker.network.bridge.trusted_host_interfaces", nullptr},
    {"com.docker.network.host_ipv4", nullptr},
    {"com.docker.network.host_ipv6", nullptr},
    {kIcc, [](O& o, const Node& n) { o.spec.icc = o.reading.truth(n, kIcc).value_or(true); }},
    {kMasquerade,
     [](O& o, const Node& n) { o.spec.masquerade = o.reading.truth(n, kMasquerade).value_or(true); }},
    {kBinding,
     [](O& o, const Node& n) {
       o.spec.host_binding4 = o.reading.value(n, kBinding, "an IPv4 address", scalars::address4).value_or("");
     }},
    {kName,
     [](O& o, const Node& n) {
       o.spec.bridge_name =
           o.reading.value(n, kName, "the name of a link, of at most 15 characters", scalars::interface_name)
               .value_or("");
     }},
    {kPrefix,
     [](O& o, const Node& n) {
       o.spec.interface_prefix =
           o.reading
               .value(n, kPrefix, "the beginning of an interface's name, of at most 12 characters",
                      interface_prefix)
               .value_or("");
     }},
    {kMtu,
     [](O& o, const Node& n) {
       // Less than 1280 is no link for IPv6 (RFC 8200, 5).
       if (const auto mtu = o.reading.integer(n, "the MTU", 1280, 65535))
         o.spec.mtu = static_cast<std::uint32_t>(*mtu);
     }},
};

}  // namespace

void read_driver_opts(Reading& reading, const Node& node, NetworkSpec& spec) {
  if (!reading.is_map(node, "driver_opts")) return;
  O into{reading, spec};
  reading.keys<O>(node, "driver_opts", kOpts, into);
}

std::map<std::string, std::string> driver_opts_of(const NetworkSpec& network) {
  std::map<std::string, std::string> opts;
  if (network.mtu != 0) opts[kMtu] = std::to_string(network.mtu);
  if (!network.interface_prefix.empty()) opts[kPrefix] = network.interface_prefix;
  if (!network.bridge_name.empty()) opts[kName] = network.bridge_name;
  if (!network.host_binding4.empty()) opts[kBinding] = network.host_binding4;
  if (!network.icc) opts[kIcc] = "false";
  if (!network.masquerade) opts[kMasquerade] = "false";
  return opts;
}

}  // namespace stack
