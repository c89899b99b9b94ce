// Bridges, veths, addresses, routes and queueing through rtnetlink (libnl). "Already there" and "already
// gone" are successes: each call brings the kernel to the state it names.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::net {

struct Bridge {
  std::string ifname;    // at most 15 bytes
  std::string address4;  // "10.201.0.1/24": the gateway's own
  std::string address6;  // "fd..::1/64"; empty: no IPv6
  std::uint32_t mtu = 1500;
  // Where somebody else may have a bridge of that name: whose this one is. Empty: no one else makes such
  // names.
  std::string owner = {};
  int made_as = 0;  // the index under which it was made: then it is ours whatever was done to it; 0: unknown
};

struct Endpoint {
  std::string host_ifname;       // the veth's end on the bridge
  std::string container_ifname;  // "eth0"
  std::string bridge;
  std::string mac;                 // "02:...": the container's end
  std::string address4, address6;  // with prefix length; 6 may be empty
  std::string gateway4, gateway6;  // empty: no default route through this endpoint
  std::uint32_t mtu = 1500;
  Bandwidth bandwidth;
  std::vector<std::string> link_local;         // addresses, without prefix length
  std::map<std::string, std::string> sysctls;  // "net.ipv4.conf.IFNAME.forwarding" -> "0"
  bool isolated = false;                       // from other isolated ports of the bridge
};

struct LinkState {
  std::string ifname;
  int ifindex = 0;
  bool up = false;
  std::string kind;    // "bridge", "veth", ...
  std::string master;  // ifname of the bridge, or empty
  std::uint32_t mtu = 0;
};

// What is not as it was made, and how it is instead.
struct Difference {
  std::string ifname;  // of which link
  std::string expected, found;
};

class Links {
 public:
  static Result<Links> open();
  Links(Links&&) noexcept;
  Links& operator=(Links&&) noexcept;
  ~Links();

  // The bridge's index.
  Result<int> ensure_bridge(const Bridge& bridge);
  Result<void> remove_link(const std::string& ifname);
  // Makes the veth with its peer in the network namespace `netns` (an nsfs descriptor), on its bridge,
  // addressed and up.
  Result<void> ensure_endpoint(int netns, const Endpoint& endpoint);
  // The first difference of each link that is not as the calls above make it; of a bridge also the settings
  // of the host without which it is of no use (enable_forwarding).
  struct Comparison {
    std::vector<Difference> differences;
    std::set<int> indices;  // of those that are there
  };
  Result<Comparison> compare(const std::vector<Bridge>& bridges, const std::vector<Endpoint>& endpoints);
  Result<std::vector<LinkState>> list();
  // Networks ("a.b.c.d/n") that the host's routes and addresses use: IPAM keeps off them.
  Result<std::vector<std::string>> networks_in_use();

 private:
  struct Socket;
  explicit Links(std::unique_ptr<Socket> socket);
  std::unique_ptr<Socket> socket_;
};

// Whether this host's kernel speaks IPv6 (`ipv6.disable=1` and small kernels do not).
bool has_ipv6();
// Of an interface, as the file calls it: "net.ipv4.conf.IFNAME.forwarding".
bool has_interface_sysctl(const std::string& name);
// ip_forward and its IPv6 kin (keeping router advertisements accepted), and what the bridges need to answer
// 127.0.0.1.
Result<void> enable_forwarding(const std::vector<Bridge>& bridges);
// The first of those settings that somebody has changed since.
Result<std::optional<Difference>> forwarding_difference(const Bridge& bridge);

}  // namespace stack::net
