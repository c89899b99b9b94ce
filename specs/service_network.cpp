// Networks, names and published ports.
#include <algorithm>

#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

struct AttachmentReading {
  R& r;
  std::string key;
  NetworkAttachment attachment = {};

  [[nodiscard]] std::string what(const char* part) const {
    return std::string(part) + " in network \"" + key + "\"";
  }
};

constexpr KeyRule<AttachmentReading> kAttachmentKeys[] = {
    {"aliases", [](AttachmentReading& a,
                   const Node& n) { a.attachment.aliases = a.r.reading.texts(n, a.what("aliases")); }},
    {"driver_opts", nullptr},
    {"gw_priority", nullptr},
    {"interface_name", nullptr},
    {"ipv4_address",
     [](AttachmentReading& a, const Node& n) {
       a.r.mark("networks." + a.key + ".ipv4_address", n);
       a.attachment.ipv4_address =
           a.r.reading.value(n, a.what("ipv4_address"), "an IPv4 address", scalars::address4).value_or("");
     }},
    {"ipv6_address",
     [](AttachmentReading& a, const Node& n) {
       a.r.mark("networks." + a.key + ".ipv6_address", n);
       a.attachment.ipv6_address =
           a.r.reading.value(n, a.what("ipv6_address"), "an IPv6 address", scalars::address6).value_or("");
     }},
    {"link_local_ips", nullptr},
    {"mac_address", nullptr},
    {"priority", nullptr},
};

struct PortReading {
  R& r;
  std::string host_ip;
  std::optional<scalars::PortRange> target;
  scalars::PortRange published;
  std::string protocol = "tcp";
  bool is_faulty = false;
};

template <typename T>
std::optional<T> noted(PortReading& p, std::optional<T> value) {
  p.is_faulty = p.is_faulty || !value;
  return value;
}

constexpr KeyRule<PortReading> kPortKeys[] = {
    {"app_protocol", nullptr},
    {"host_ip",
     [](PortReading& p, const Node& n) {
       p.host_ip =
           noted(p, p.r.reading.value(n, "host_ip in ports", "an IP address", scalars::address)).value_or("");
     }},
    {"mode",
     [](PortReading& p, const Node& n) {
       const auto mode = p.r.reading.text(n, "mode in ports");
       if (mode && *mode != "ingress" && *mode != "host")
         p.r.reading.wrong(n, "mode in ports", "ingress or host");
     }},
    {"name", nullptr},
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
    r.reading.fault(node, r.reading.of("ports") + " needs a \"target\"");
    return std::nullopt;
  }
  auto all = scalars::ports(p.host_ip, p.published, *p.target, p.protocol);
  if (all) return std::move(all).value();
  r.reading.fault(node, r.reading.of("ports") + ": " + all.error().words);
  return std::nullopt;
}

std::optional<std::vector<PublishedPort>> short_form(R& r, const Node& node) {
  const auto text = r.reading.text(node, "each item in ports");
  if (!text) return std::nullopt;
  auto all = scalars::ports(*text);
  if (all) return std::move(all).value();
  r.reading.fault(node, r.reading.of("ports") + ": " + all.error().words);
  return std::nullopt;
}

}  // namespace

void network_mode(R& r, const Node& node) {
  const auto text = r.reading.text(node, "network_mode");
  if (!text) return;
  NamespaceMode& mode = r.spec.network_mode;
  if (*text == "none") {
    mode.kind = NamespaceMode::Kind::none;
  } else if (*text == "host") {
    mode.kind = NamespaceMode::Kind::host;
  } else if (text->starts_with("service:")) {
    mode = {NamespaceMode::Kind::service, text->substr(8), false};
    r.mark("network_mode", node);
  } else if (text->starts_with("container:")) {
    r.reading.fault(node, "network_mode \"container:\" is not supported yet",
                    "a service of the file is \"service:NAME\"");
  } else if (*text != "bridge") {
    const std::string meant = nearest(*text, {"none", "host", "bridge"});
    r.reading.fault(
        node,
        r.reading.of("network_mode") + " must be none, host, bridge or service:NAME, not \"" + *text + "\"",
        meant.empty() ? "" : "did you mean \"" + meant + "\"?");
  }
}

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
    AttachmentReading a{r, entry.key};
    r.marks["networks." + entry.key] = {entry.pos, entry.length};
    const std::string what = "network \"" + entry.key + "\"";
    if (!entry.value.is_null() && r.reading.is_map(entry.value, what)) {
      r.reading.keys<AttachmentReading>(entry.value, what, kAttachmentKeys, a);
    }
    r.spec.networks[entry.key] = std::move(a.attachment);
  }
}

void ports(R& r, const Node& node) {
  if (!r.reading.is_list(node, "ports")) return;
  for (const Node& item : node.items) {
    const auto all = item.is_map() ? long_form(r, item) : short_form(r, item);
    if (!all) continue;
    for (const PublishedPort& port : *all) {
      if (std::find(r.spec.ports.begin(), r.spec.ports.end(), port) != r.spec.ports.end()) continue;
      r.mark("ports." + std::to_string(r.spec.ports.size()), item);
      r.spec.ports.push_back(port);
    }
  }
}

// NAME=ADDRESS or NAME:ADDRESS; the address may be of IPv6, in brackets or not.
std::map<std::string, std::vector<std::string>> host_addresses(R& r, const Node& node,
                                                               const std::string& what) {
  std::map<std::string, std::vector<std::string>> hosts;
  const auto add = [&](const Node& at, const std::string& name, std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    const auto address = text == "host-gateway" ? std::optional<std::string>(text) : scalars::address(text);
    if (name.empty() || !address) {
      return r.reading.fault(
          at, r.reading.of(what) + " must be NAME=ADDRESS, not \"" + name + "=" + std::string(text) + "\"");
    }
    auto& all = hosts[name];
    if (std::find(all.begin(), all.end(), *address) == all.end()) all.push_back(*address);
  };
  if (node.is_map()) {
    for (const Entry& entry : node.entries) {
      if (entry.value.is_list()) {
        for (const Node& item : entry.value.items) add(item, entry.key, item.text);
      } else {
        add(entry.value, entry.key, entry.value.text);
      }
    }
    return hosts;
  }
  if (!node.is_list()) {
    r.reading.wrong(node, what, "a list or a map");
    return hosts;
  }
  for (const Node& item : node.items) {
    const auto text = r.reading.text(item, "each item in " + what);
    if (!text) continue;
    const auto equals = text->find('=');
    const auto at = equals != std::string::npos ? equals : text->find(':');
    if (at == std::string::npos) {
      r.reading.wrong(item, what, "NAME=ADDRESS");
    } else {
      add(item, text->substr(0, at), std::string_view(*text).substr(at + 1));
    }
  }
  return hosts;
}

void extra_hosts(R& r, const Node& node) {
  r.spec.extra_hosts = host_addresses(r, node, "extra_hosts");
}

void dns(R& r, const Node& node) {
  for (const std::string& text : r.reading.text_or_texts(node, "dns")) {
    if (auto address = scalars::address(text)) {
      r.spec.dns.push_back(*std::move(address));
    } else {
      const auto item =
          std::find_if(node.items.begin(), node.items.end(), [&](const Node& n) { return n.text == text; });
      r.reading.wrong(item == node.items.end() ? node : *item, "dns", "an IP address");
    }
  }
}
void dns_search(R& r, const Node& node) {
  r.spec.dns_search = r.reading.text_or_texts(node, "dns_search");
}
void dns_opt(R& r, const Node& node) {
  r.spec.dns_opt = r.reading.texts(node, "dns_opt");
}

}  // namespace stack::service_keys
