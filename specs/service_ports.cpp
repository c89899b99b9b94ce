// Published ports, in the short and the long form.
#include <algorithm>
#include <set>
#include <tuple>

#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

struct PortReading {
  R& r;
  std::string host_ip;
  std::optional<scalars::PortRange> target;
  scalars::PortRange published;
  std::string protocol = "tcp";
  std::string mode = "ingress";
  std::string name = {}, app_protocol = {};
  bool is_faulty = false;
};

template <typename T>
std::optional<T> noted(PortReading& p, std::optional<T> value) {
  p.is_faulty = p.is_faulty || !value;
  return value;
}

constexpr KeyRule<PortReading> kPortKeys[] = {
    {"app_protocol",
     [](PortReading& p, const Node& n) {
       p.app_protocol = noted(p, p.r.reading.text(n, "app_protocol in ports")).value_or("");
     }},
    {"host_ip",
     [](PortReading& p, const Node& n) {
       p.host_ip =
           noted(p, p.r.reading.value(n, "host_ip in ports", "an IP address", scalars::address)).value_or("");
     }},
    {"mode",
     [](PortReading& p, const Node& n) {
       // There is one host, so that both come to the same.
       p.mode = p.r.reading.text(n, "mode in ports").value_or("ingress");
       if (p.mode != "ingress" && p.mode != "host") p.r.reading.wrong(n, "mode in ports", "ingress or host");
     }},
    {"name", [](PortReading& p,
                const Node& n) { p.name = noted(p, p.r.reading.text(n, "name in ports")).value_or(""); }},
    {"protocol",
     [](PortReading& p, const Node& n) {
       p.protocol = noted(p, p.r.reading.text(n, "protocol in ports")).value_or("tcp");
     }},
    {"published",
     [](PortReading& p, const Node& n) {
       if (n.is_scalar() && (n.text == "0" || (n.quoted && n.text.empty()))) return;
       p.published = noted(p, p.r.reading.value(n, "published in ports",
                                                "a port from 1 to 65535 or a range such as 8000-8010",
                                                scalars::port_range))
                         .value_or(scalars::PortRange{});
     }},
    {"target",
     [](PortReading& p, const Node& n) {
       const auto range = scalars::port_range(n.text);
       if (range && range->first == range->last) {
         p.target = range;
       } else {
         p.is_faulty = true;
         p.r.reading.wrong(n, "target in ports", "a port from 1 to 65535");
       }
     }},
};

std::optional<std::vector<PublishedPort>> long_form(R& r, const Node& node) {
  PortReading p{r, "", {}, {}};
  r.reading.keys<PortReading>(node, "ports", kPortKeys, p);
  if (p.is_faulty) return std::nullopt;
  if (!p.target) {
    r.reading.fault(node, FaultCode::missing_key, r.reading.of("ports") + " needs a \"target\"");
    return std::nullopt;
  }
  auto all = scalars::ports(p.host_ip, p.published, *p.target, p.protocol);
  if (!all) {
    r.reading.fault(node, FaultCode::invalid_value, r.reading.of("ports") + ": " + all.error().words);
    return std::nullopt;
  }
  for (PublishedPort& port : *all) {
    port.mode = p.mode;
    port.name = p.name;
    port.app_protocol = p.app_protocol;
  }
  return std::move(all).value();
}

std::optional<std::vector<PublishedPort>> short_form(R& r, const Node& node) {
  const auto text = r.reading.text(node, "each item in ports");
  if (!text) return std::nullopt;
  auto all = scalars::ports(*text);
  if (all) return std::move(all).value();
  r.reading.fault(node, FaultCode::invalid_value, r.reading.of("ports") + ": " + all.error().words);
  return std::nullopt;
}

// As Compose tells one entry from another.
auto identity_of(const PublishedPort& port) {
  return std::tuple(port.host_ip, port.target, port.protocol, port.published, port.published_last);
}

// A range is many in few bytes. False, with a fault once, where the files have no room for them.
bool afford(R& r, const Node& item, std::size_t count) {
  if (r.around.ports_left == nullptr) return true;
  std::size_t& left = *r.around.ports_left;
  if (count > left) {
    r.reading.fault(item, FaultCode::too_large,
                    "more than " + std::to_string(kMostPorts) + " ports are published");
    left = 0;
  }
  left -= std::min(count, left);
  return left != 0;
}

}  // namespace

void ports(R& r, const Node& node) {
  if (!r.reading.is_list(node, "ports")) return;
  if (r.around.ports_left != nullptr && *r.around.ports_left == 0) return;
  std::set<decltype(identity_of({}))> known;
  for (const Node& item : node.items) {
    const auto all = item.is_map() ? long_form(r, item) : short_form(r, item);
    if (!all) continue;
    if (!afford(r, item, all->size())) return;
    for (const PublishedPort& port : *all) {
      if (!known.insert(identity_of(port)).second) continue;
      r.mark("ports." + std::to_string(r.spec.ports.size()), item);
      r.spec.ports.push_back(port);
    }
  }
}

}  // namespace stack::service_keys
