// What a host must let through between its links, and what it must not lose by doing so.
#include <cerrno>
#include <filesystem>

#include "net/bridge_netfilter.h"
#include "net/links.h"
#include "net/sysctl.h"

namespace stack::net {
namespace {

constexpr const char* kForward6 = "ipv6/conf/all/forwarding";

// A host that forwards IPv6 takes itself for a router and ignores router advertisements, from which it may
// have its own address and way out, unless accept_ra is 2 (Documentation/networking/ip-sysctl.rst).
Result<void> keep_advertisements() {
  std::error_code error;
  for (const auto& link : std::filesystem::directory_iterator(sysctl_path("ipv6/conf"), error)) {
    const std::string name = "ipv6/conf/" + link.path().filename().string() + "/accept_ra";
    const auto value = read_sysctl(name);
    if (value && *value == "1") TRY(set_sysctl(name, "2"));
  }
  if (error) return os_error("list \"" + sysctl_path("ipv6/conf") + "\"", error.value());
  return {};
}

Result<void> forward6() {
  if (TRY(read_sysctl(kForward6)) == "1") return {};
  TRY(keep_advertisements());
  return set_sysctl(kForward6, "1");
}

using Setting = std::pair<std::string, std::string>;  // name -> value

std::vector<Setting> settings_of(const Bridge& bridge) {
  const std::string conf4 = "ipv4/conf/" + bridge.ifname;
  const std::string conf6 = "ipv6/conf/" + bridge.ifname;
  std::vector<Setting> settings{
      {conf4 + "/forwarding", "1"},
      // So that 127.0.0.1 may be the source of what NAT sends out by the bridge. What a neighbour sends to
      // 127.0.0.0/8 by this door is dropped by the firewall (CVE-2020-8558 was its want).
      {conf4 + "/route_localnet", "1"}};
  if (bridge.address6.empty()) return settings;
  settings.emplace_back(conf6 + "/forwarding", "1");
  settings.emplace_back(conf6 + "/accept_ra", "0");
  return settings;
}

}  // namespace

bool has_ipv6() {
  std::error_code unreadable;
  return std::filesystem::exists(sysctl_path("ipv6/conf/all"), unreadable);
}

bool has_interface_sysctl(const std::string& name) {
  std::error_code unreadable;
  return std::filesystem::exists(sysctl_path(interface_sysctl(name, "lo")), unreadable);
}

Result<void> enable_forwarding(const std::vector<Bridge>& bridges) {
  TRY(set_sysctl("ipv4/ip_forward", "1"));
  if (has_ipv6()) TRY(forward6());
  TRY(confine_bridge_netfilter());
  for (const Bridge& bridge : bridges)
    for (const auto& [name, value] : settings_of(bridge)) TRY(set_sysctl(name, value));
  return {};
}

Result<std::optional<Difference>> forwarding_difference(const Bridge& bridge) {
  std::vector<Setting> settings = settings_of(bridge);
  settings.emplace_back("ipv4/ip_forward", "1");
  if (!bridge.address6.empty()) settings.emplace_back(kForward6, "1");
  for (const auto& [name, value] : settings) {
    const auto held = read_sysctl(name);
    // The link went while it was looked at.
    if (!held && held.error().code == ENOENT)
      return std::optional(Difference{bridge.ifname, "there", "gone"});
    if (!held) return held.error();
    if (*held != value) return std::optional(Difference{bridge.ifname, name + " = " + value, *held});
  }
  return std::optional<Difference>();
}

}  // namespace stack::net
