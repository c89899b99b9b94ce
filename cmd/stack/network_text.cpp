#include "cmd/stack/network_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/stack/format.h"
#include "specs/diagnostics.h"
#include "specs/network_opts.h"
#include "specs/text.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

constexpr std::size_t kShortId = 12;

Result<void> add_condition(NetworkFilter& filter, const std::string& key, const std::string& value) {
  if (key == "name") {
    filter.names.push_back(value);
  } else if (key == "label") {
    filter.labels.push_back(value);
  } else if (key != "driver" && key != "scope") {
    return fault(
        "unknown filter \"" + key + "\": " +
        did_you_mean(key, {"name", "label", "driver", "scope"}, "want name, label, driver or scope"));
  } else if (value != (key == "driver" ? "bridge" : "local")) {
    return fault("filter \"" + key + "=" + value + "\": there is no other than \"" +
                 (key == "driver" ? "bridge" : "local") + "\"");
  }
  return {};
}

bool has_label(const NetworkSpec& network, const std::string& wanted) {
  const std::size_t equals = wanted.find('=');
  const auto label = network.labels.find(wanted.substr(0, equals));
  if (label == network.labels.end()) return false;
  return equals == std::string::npos || label->second == wanted.substr(equals + 1);
}

std::string with_prefix(const std::string& address, const std::string& subnet) {
  return address.empty() ? "" : address + subnet.substr(subnet.find('/'));
}

json pool(const std::string& subnet, const std::string& range, const std::string& gateway,
          const std::map<std::string, std::string>& aux) {
  json one{{"Subnet", subnet}, {"Gateway", gateway}};
  if (!range.empty()) one["IPRange"] = range;
  if (!aux.empty()) one["AuxiliaryAddresses"] = aux;
  return one;
}

json ipam(const ListedNetwork& network) {
  json config = json::array();
  const net::Subnets& given = network.subnets;
  if (!given.subnet4.empty())
    config.push_back(pool(given.subnet4, network.spec.range4, given.gateway4, network.spec.aux4));
  if (!given.subnet6.empty())
    config.push_back(pool(given.subnet6, network.spec.range6, given.gateway6, network.spec.aux6));
  return {{"Driver", "default"}, {"Options", nullptr}, {"Config", std::move(config)}};
}

json containers(const ListedNetwork& network) {
  json all = json::object();
  for (const NetworkMember& member : network.members)
    all[member.id] = {{"Name", member.name},
                      {"MacAddress", member.addresses.mac},
                      {"IPv4Address", with_prefix(member.addresses.ipv4, network.subnets.subnet4)},
                      {"IPv6Address", with_prefix(member.addresses.ipv6, network.subnets.subnet6)},
                      {"Service", member.service}};
  return all;
}

}  // namespace

Result<NetworkFilter> parse_network_filter(const std::vector<std::string>& texts) {
  NetworkFilter filter;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return fault("filter \"" + text + "\": want one such as \"name=shop\"");
    TRY(add_condition(filter, text.substr(0, equals), text.substr(equals + 1)));
  }
  return filter;
}

bool matches(const NetworkFilter& filter, const NetworkSpec& network) {
  const auto in_name = [&](const std::string& part) { return network.name.find(part) != std::string::npos; };
  if (!filter.names.empty() && std::none_of(filter.names.begin(), filter.names.end(), in_name)) return false;
  return std::all_of(filter.labels.begin(), filter.labels.end(),
                     [&](const std::string& label) { return has_label(network, label); });
}

std::string network_id(const ListedNetwork& network, Ids ids) {
  return ids == Ids::whole ? network.id : network.id.substr(0, kShortId);
}

std::string network_table(const std::vector<ListedNetwork>& networks, Ids ids) {
  std::vector<std::vector<std::string>> rows{{"NETWORK ID", "NAME", "DRIVER", "SCOPE"}};
  for (const ListedNetwork& network : networks)
    rows.push_back({network_id(network, ids), network.spec.name, "bridge", "local"});
  return columns(rows);
}

json network_line_json(const ListedNetwork& network, Ids ids) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : network.spec.labels) labels.push_back(key + "=" + value);
  const auto truth = [](bool is) { return is ? "true" : "false"; };
  return {{"Driver", "bridge"},
          {"ID", network_id(network, ids)},
          {"IPv4", truth(!network.subnets.subnet4.empty())},
          {"IPv6", truth(!network.subnets.subnet6.empty())},
          {"Internal", truth(network.spec.internal)},
          {"Labels", joined(labels, ",")},
          {"Name", network.spec.name},
          {"Scope", "local"}};
}

json network_json(const ListedNetwork& network) {
  return {{"Name", network.spec.name},
          {"Id", network.id},
          {"Scope", "local"},
          {"Driver", "bridge"},
          {"EnableIPv4", !network.subnets.subnet4.empty()},
          {"EnableIPv6", !network.subnets.subnet6.empty()},
          {"IPAM", ipam(network)},
          {"Internal", network.spec.internal},
          {"Attachable", false},
          {"Ingress", false},
          {"Containers", containers(network)},
          {"Options", driver_opts_of(network.spec)},
          {"Labels", network.spec.labels},
          {"Project", network.project},
          {"Key", network.spec.key},
          {"Bridge", network.bridge}};
}

Result<std::vector<ListedNetwork>> find_networks(const std::vector<ListedNetwork>& all,
                                                 const std::string& name) {
  std::vector<ListedNetwork> by_name, by_id;
  std::vector<std::string> names;
  for (const ListedNetwork& network : all) {
    names.push_back(network.spec.name);
    if (network.spec.name == name || network.id == name) by_name.push_back(network);
    if (!name.empty() && network.id.starts_with(name)) by_id.push_back(network);
  }
  if (!by_name.empty()) return by_name;
  if (by_id.size() == 1) return by_id;
  if (by_id.size() > 1) return fault("network \"" + name + "\": several have an id that begins so");
  return fault("network \"" + name +
               "\" is not there: " + did_you_mean(name, names, "\"stack network ls\" shows what is"));
}

}  // namespace stack::cmd
