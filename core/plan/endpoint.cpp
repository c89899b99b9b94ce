// What of an endpoint tells whether the one that is there will do.
#include <algorithm>

#include "core/plan/model.h"

namespace stack {

std::string DesiredEndpoint::identity() const {
  std::string text = veth + " " + ipv4 + " " + ipv6 + " " + mac;
  if (!interface_name.empty())
    text += " name " + interface_name;
  else if (!interface_prefix.empty())
    text += " name " + interface_prefix + "N";
  for (const std::string& address : link_local_ips) text += " " + address;
  for (const auto& [name, value] : sysctls) text += " " + name + "=" + value;
  return text;
}

std::string DesiredEndpoint::tuning() const {
  std::string text = std::to_string(bandwidth.ingress) + "/" + std::to_string(bandwidth.egress);
  if (!gateway4.empty()) text += " via " + gateway4;
  if (!gateway6.empty()) text += " via " + gateway6;
  if (mtu != 1500) text += " mtu " + std::to_string(mtu);
  return text + (isolated ? " isolated" : "");
}

std::vector<std::string> DesiredSandbox::attach_order() const {
  std::vector<std::string> keys;
  for (const auto& [key, endpoint] : endpoints) keys.push_back(key);
  std::stable_sort(keys.begin(), keys.end(), [this](const std::string& a, const std::string& b) {
    return endpoints.at(a).priority > endpoints.at(b).priority;
  });
  return keys;
}

}  // namespace stack
