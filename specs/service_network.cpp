// Whose network a service lives in, and names.
#include <algorithm>

#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {

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
    r.reading.fault(node, FaultCode::not_yet, "network_mode \"container:\" is not supported yet",
                    "a service of the file is \"service:NAME\"");
  } else if (*text != "bridge") {
    r.reading.fault(
        node, FaultCode::invalid_value,
        r.reading.of("network_mode") + " must be none, host, bridge or service:NAME, not \"" + *text + "\"",
        did_you_mean(*text, {"none", "host", "bridge"}));
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
          at, FaultCode::invalid_value,
          r.reading.of(what) + " must be NAME=ADDRESS, not \"" + name + "=" + std::string(text) + "\"");
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
