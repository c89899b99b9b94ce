// What a service is attached to, and how: networks, mac_address, links.
#include <algorithm>

#include "specs/scalars.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack::service_keys {
namespace {

struct AttachmentReading {
  R& r;
  std::string key;
  NetworkAttachment attachment = {};

  [[nodiscard]] std::string what(const std::string& part) const {
    return part + " in network \"" + key + "\"";
  }
  void mark(const std::string& part, const Node& node) const { r.mark("networks." + key + "." + part, node); }
};
using A = AttachmentReading;

constexpr char kSysctls[] = "com.docker.network.endpoint.sysctls";

void link_local_ips(A& a, const Node& node) {
  if (!a.r.reading.is_list(node, a.what("link_local_ips"))) return;
  for (const Node& item : node.items) {
    const auto address = a.r.reading.value(item, a.what("each item in link_local_ips"),
                                           "an address of 169.254.0.0/16 or fe80::/10", scalars::link_local);
    if (address) a.attachment.link_local_ips.push_back(*address);
  }
}

// "net.ipv4.conf.IFNAME.forwarding=0"
void sysctl(A& a, const Node& node, std::string_view text) {
  const auto equals = text.find('=');
  const std::string name(text.substr(0, equals));
  if (equals == std::string_view::npos || !scalars::is_interface_sysctl(name)) {
    return a.r.reading.fault(
        node, FaultCode::invalid_value,
        a.r.reading.of(a.what(kSysctls)) +
            " must be NAME=VALUE with a NAME as net.ipv4.conf.IFNAME.forwarding, not \"" + std::string(text) +
            "\"",
        "IFNAME stands for the interface");
  }
  const std::string value(text.substr(equals + 1));
  if (name == "net.ipv6.conf.IFNAME.disable_ipv6" && value != "0") {
    return a.r.reading.fault(node, FaultCode::conflicting_keys,
                             a.r.reading.of(a.what(kSysctls)) + ": IPv6 is switched off by network",
                             "enable_ipv6: false in networks." + a.key);
  }
  a.attachment.sysctls[name] = value;
}

void driver_opts(A& a, const Node& node) {
  if (!a.r.reading.is_map(node, a.what("driver_opts"))) return;
  for (const Entry& entry : node.entries) {
    if (entry.key == "com.docker.network.endpoint.ifname") {
      a.r.reading.diagnostics().error(entry.mark(), FaultCode::conflicting_keys,
                                      "option \"" + entry.key + "\" has a key of its own", "interface_name");
    } else if (entry.key != kSysctls) {
      a.r.reading.unknown(entry, a.what("driver_opts"), {kSysctls});
    } else if (const auto text = a.r.reading.text(entry.value, a.what(kSysctls))) {
      a.mark("driver_opts", entry.value);
      for (const std::string& one : split(*text, ','))
        if (!one.empty()) sysctl(a, entry.value, one);
    }
  }
}

void priority(A& a, const Node& node, const char* key, int NetworkAttachment::*field) {
  constexpr std::int64_t kMost = 2147483647;
  if (const auto number = a.r.reading.integer(node, a.what(key), -kMost, kMost))
    a.attachment.*field = static_cast<int>(*number);
}

constexpr KeyRule<A> kAttachmentKeys[] = {
    {"aliases", [](A& a, const Node& n) { a.attachment.aliases = a.r.reading.texts(n, a.what("aliases")); }},
    {"driver_opts", driver_opts},
    {"gw_priority",
     [](A& a, const Node& n) { priority(a, n, "gw_priority", &NetworkAttachment::gw_priority); }},
    {"interface_name",
     [](A& a, const Node& n) {
       a.mark("interface_name", n);
       a.attachment.interface_name =
           a.r.reading
               .value(n, a.what("interface_name"), "the name of an interface, of at most 15 characters",
                      scalars::interface_name)
               .value_or("");
     }},
    {"ipv4_address",
     [](A& a, const Node& n) {
       a.mark("ipv4_address", n);
       a.attachment.ipv4_address =
           a.r.reading.value(n, a.what("ipv4_address"), "an IPv4 address", scalars::address4).value_or("");
     }},
    {"ipv6_address",
     [](A& a, const Node& n) {
       a.mark("ipv6_address", n);
       a.attachment.ipv6_address =
           a.r.reading.value(n, a.what("ipv6_address"), "an IPv6 address", scalars::address6).value_or("");
     }},
    {"link_local_ips", link_local_ips},
    {"mac_address",
     [](A& a, const Node& n) {
       a.mark("mac_address", n);
       a.attachment.mac_address = a.r.reading
                                      .value(n, a.what("mac_address"),
                                             "a unicast address such as \"02:42:ac:11:00:02\"", scalars::mac)
                                      .value_or("");
     }},
    {"priority", [](A& a, const Node& n) { priority(a, n, "priority", &NetworkAttachment::priority); }},
};

}  // namespace

void networks(R& r, const Node& node) {
  if (node.is_list()) {
    for (const Node& item : node.items) {
      const auto key = r.reading.text(item, "each item in networks");
      if (!key) continue;
      r.spec.networks[*key] = {};
      r.mark("networks." + *key, item);
    }
    return;
  }
  if (!node.is_map()) return r.reading.wrong(node, "networks", "a list or a map");
  for (const Entry& entry : node.entries) {
    A a{r, entry.key};
    r.marks["networks." + entry.key] = entry.mark();
    const std::string what = "network \"" + entry.key + "\"";
    if (!entry.value.is_null() && r.reading.is_map(entry.value, what)) {
      r.reading.keys<A>(entry.value, what, kAttachmentKeys, a);
    }
    r.spec.networks[entry.key] = std::move(a.attachment);
  }
}

void mac_address(R& r, const Node& node) {
  r.spec.mac_address =
      r.reading.value(node, "mac_address", "a unicast address such as \"02:42:ac:11:00:02\"", scalars::mac)
          .value_or("");
}

// SERVICE or SERVICE:ALIAS
void links(R& r, const Node& node) {
  if (!r.reading.is_list(node, "links")) return;
  for (const Node& item : node.items) {
    const auto text = r.reading.text(item, "each item in links");
    if (!text) continue;
    const auto colon = text->find(':');
    ServiceLink link{text->substr(0, colon), colon == std::string::npos ? *text : text->substr(colon + 1)};
    if (link.service.empty() || link.alias.empty() || link.alias.find(':') != std::string::npos) {
      r.reading.wrong(item, "each item in links", "SERVICE or SERVICE:ALIAS");
      continue;
    }
    r.marks.try_emplace("links." + link.service, item.mark());
    if (std::find(r.spec.links.begin(), r.spec.links.end(), link) == r.spec.links.end())
      r.spec.links.push_back(std::move(link));
  }
}

}  // namespace stack::service_keys
