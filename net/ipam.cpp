#include "net/ipam.h"

#include <algorithm>
#include <optional>
#include <set>

#include "net/address.h"
#include "net/naming.h"

namespace stack::net {
namespace {

constexpr unsigned kFirstPool = 201;  // 10.201.0.0/16
constexpr unsigned kLastPool = 215;
// A subnet narrower than this has no room for the gateway and one service.
constexpr unsigned kLongest4 = 30;
constexpr unsigned kLongest6 = 126;

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::vector<Prefix> parse_all(const std::vector<std::string>& texts) {
  std::vector<Prefix> prefixes;
  for (const std::string& text : texts)
    if (const auto prefix = parse_prefix(text)) prefixes.push_back(*prefix);
  return prefixes;
}

const Prefix* first_overlap(const Prefix& subnet, const std::vector<Prefix>& taken) {
  for (const Prefix& other : taken)
    if (overlap(subnet, other)) return &other;
  return nullptr;
}

// A subnet that the file names must not be anybody else's: two connected routes for one prefix would send
// half of the answers to the wrong bridge.
Result<Prefix> explicit_subnet(const std::string& text, bool v6, const std::string& previous,
                               const std::vector<Prefix>& taken) {
  const auto parsed = parse_prefix(text);
  if (!parsed || parsed->ip.v6 != v6) return fault("subnet " + quoted(text) + ": not a prefix");
  if (parsed->length > (v6 ? kLongest6 : kLongest4)) return fault("subnet " + quoted(text) + ": too narrow");
  const Prefix subnet = network_of(*parsed);
  if (to_string(subnet) == previous) return subnet;
  if (const Prefix* other = first_overlap(subnet, taken))
    return fault("subnet " + quoted(text) + ": overlaps " + quoted(to_string(*other)) +
                 " already in use on this host");
  return subnet;
}

Result<Prefix> pool_subnet(const std::vector<Prefix>& taken) {
  for (unsigned pool = kFirstPool; pool <= kLastPool; ++pool) {
    for (unsigned third = 0; third < 256; ++third) {
      Prefix subnet{{}, 24};
      subnet.ip.bytes = {10, static_cast<std::uint8_t>(pool), static_cast<std::uint8_t>(third)};
      if (!first_overlap(subnet, taken)) return subnet;
    }
  }
  return fault("no free subnet left in 10.201.0.0/16 to 10.215.0.0/16");
}

// fd and 56 bits of hash (RFC 4193 wants 40 random ones and a subnet id); salted until it hits nobody's.
Prefix unique_local(const std::string& project, const std::string& network,
                    const std::vector<Prefix>& taken) {
  for (unsigned salt = 0;; ++salt) {
    std::uint64_t hash = name_hash({"ula", project, network, std::to_string(salt)});
    Prefix subnet{{}, 64};
    subnet.ip.v6 = true;
    subnet.ip.bytes[0] = 0xfd;
    for (std::size_t i = 1; i < 8; ++i, hash >>= 8)
      subnet.ip.bytes[i] = static_cast<std::uint8_t>(hash & 0xFF);
    if (!first_overlap(subnet, taken)) return subnet;
  }
}

bool usable(const Prefix& subnet, const Ip& ip) {
  if (!contains(subnet, ip) || ip == nth(subnet, 0)) return false;
  return subnet.ip.v6 || ip != nth(subnet, size_of(subnet) - 1);  // the IPv4 broadcast address
}

using Kept = std::map<std::string, std::string>;  // aux_addresses

bool is_kept(const Kept& kept, const Ip& ip) {
  return std::any_of(kept.begin(), kept.end(), [&](const auto& one) { return parse_ip(one.second) == ip; });
}

Result<std::string> choose_gateway(const Prefix& subnet, const std::string& wanted,
                                   const std::string& previous, const Kept& kept) {
  if (!wanted.empty()) {
    const auto ip = parse_ip(wanted);
    if (!ip || !usable(subnet, *ip))
      return fault("gateway " + quoted(wanted) + ": not a host address of " + quoted(to_string(subnet)));
    return to_string(*ip);
  }
  const auto before = parse_ip(previous);
  if (before && usable(subnet, *before) && !is_kept(kept, *before)) return to_string(*before);
  std::uint64_t lowest = 1;
  while (is_kept(kept, nth(subnet, lowest)) && usable(subnet, nth(subnet, lowest + 1))) ++lowest;
  return to_string(nth(subnet, lowest));
}

// The free addresses of one family on one network.
class Pool {
 public:
  Pool(const Prefix& subnet, const Ip& gateway) : subnet_(subnet), range_(subnet), used_{gateway} {}

  void narrow(const Prefix& range) {
    range_ = network_of(range);
    next_ = 0;
  }
  void reserve(const Ip& ip) { used_.insert(ip); }

  // True where `text` is a host address of the subnet that nobody holds; it is held from now on.
  bool take(const std::string& text) {
    const auto ip = parse_ip(text);
    return ip && usable(subnet_, *ip) && used_.insert(*ip).second;
  }

  // As above, of the part that is given to those who ask for no certain address.
  bool take_again(const std::string& text) {
    const auto ip = parse_ip(text);
    return ip && contains(range_, *ip) && take(text);
  }

  std::optional<std::string> take_lowest() {
    for (; next_ < size_of(range_); ++next_) {
      const Ip ip = nth(range_, next_);
      if (usable(subnet_, ip) && used_.insert(ip).second) return to_string(ip);
    }
    return std::nullopt;
  }

  [[nodiscard]] bool fits(const std::string& text) const {
    const auto ip = parse_ip(text);
    return ip && usable(subnet_, *ip);
  }
  [[nodiscard]] std::string subnet() const { return to_string(subnet_); }

 private:
  Prefix subnet_, range_;
  std::set<Ip> used_;
  std::uint64_t next_ = 1;  // everything below is held
};

using Attachments = std::map<std::string, NetworkAttachment>;
using Assigned = std::map<std::string, Addresses>;

Result<void> assign_family(Pool& pool, std::string NetworkAttachment::*wanted, std::string Addresses::*given,
                           const Attachments& attached, const Assigned& previous, Assigned& assigned) {
  for (const auto& [service, attachment] : attached) {
    const std::string& address = attachment.*wanted;
    if (address.empty()) continue;
    if (!pool.fits(address))
      return fault("service " + quoted(service) + ": address " + quoted(address) +
                   ": not a host address of " + quoted(pool.subnet()));
    if (!pool.take(address))
      return fault("service " + quoted(service) + ": address " + quoted(address) +
                   ": taken by another service or the gateway");
    assigned[service].*given = to_string(*parse_ip(address));
  }
  for (const auto& [service, attachment] : attached) {
    const auto before = previous.find(service);
    if (!(attachment.*wanted).empty() || before == previous.end()) continue;
    if (pool.take_again(before->second.*given)) assigned[service].*given = before->second.*given;
  }
  for (const auto& [service, attachment] : attached) {
    std::string& address = assigned[service].*given;
    if (!address.empty()) continue;
    auto lowest = pool.take_lowest();
    if (!lowest)
      return fault("service " + quoted(service) + ": no free address left in " + quoted(pool.subnet()));
    address = std::move(*lowest);
  }
  return {};
}

void assign_macs(const std::string& project, const std::string& network, const Attachments& attached,
                 Assigned& assigned) {
  std::set<std::string> used;
  for (const auto& [service, attachment] : attached) {
    if (attachment.mac_address.empty()) continue;
    assigned[service].mac = attachment.mac_address;
    used.insert(attachment.mac_address);
  }
  for (auto& [service, addresses] : assigned) {
    for (unsigned salt = 0; addresses.mac.empty(); ++salt) {
      const std::string mac = local_mac(name_hash({"mac", project, service, network, std::to_string(salt)}));
      if (used.insert(mac).second) addresses.mac = mac;
    }
  }
}

Result<Pool> make_pool(const std::string& subnet, const std::string& gateway, const std::string& range,
                       const std::vector<std::string>& reserved) {
  const auto prefix = parse_prefix(subnet);
  const auto router = parse_ip(gateway);
  if (!prefix || !router)
    return fault("subnet " + quoted(subnet) + ", gateway " + quoted(gateway) + ": not addresses");
  Pool pool(network_of(*prefix), *router);
  if (const auto part = parse_prefix(range)) pool.narrow(*part);
  for (const std::string& text : reserved)
    if (const auto ip = parse_ip(text); ip && ip->v6 == prefix->ip.v6) pool.reserve(*ip);
  return pool;
}

struct Family {
  const char* name;
  const std::string &subnet, &gateway, &range;
  std::string NetworkAttachment::*wanted;
  std::string Addresses::*given;
};

Result<void> assign_of(const Family& family, const std::vector<std::string>& reserved,
                       const Attachments& attached, const Assigned& previous, Assigned& assigned) {
  if (!family.subnet.empty()) {
    Pool pool = TRY(make_pool(family.subnet, family.gateway, family.range, reserved));
    return assign_family(pool, family.wanted, family.given, attached, previous, assigned);
  }
  for (const auto& [service, attachment] : attached)
    if (!(attachment.*family.wanted).empty())
      return fault("service " + quoted(service) + ": address " + quoted(attachment.*family.wanted) +
                   ": the network has no " + family.name);
  return {};
}

}  // namespace

Result<Subnets> choose_subnets(const std::string& project, const NetworkSpec& network,
                               const Subnets* previous, const std::vector<std::string>& taken) {
  const std::string where = "network " + quoted(network.key);
  const Subnets before = previous ? *previous : Subnets{};
  const std::vector<Prefix> others = parse_all(taken);

  if (!network.enable_ipv4 && !network.enable_ipv6)
    return fault(where + ": it has no IPv4, and this host has no IPv6");
  Subnets chosen;
  if (network.enable_ipv4) {
    const auto kept4 = parse_prefix(before.subnet4);
    const Prefix subnet4 =
        TRY((!network.subnet4.empty() ? explicit_subnet(network.subnet4, false, before.subnet4, others)
             : kept4                  ? Result<Prefix>(*kept4)
                                      : pool_subnet(others))
                .with(where));
    chosen.subnet4 = to_string(subnet4);
    chosen.gateway4 =
        TRY(choose_gateway(subnet4, network.gateway4, before.gateway4, network.aux4).with(where));
  }
  if (!network.enable_ipv6) return chosen;

  const auto kept6 = parse_prefix(before.subnet6);
  const Prefix subnet6 =
      TRY((!network.subnet6.empty() ? explicit_subnet(network.subnet6, true, before.subnet6, others)
           : kept6                  ? Result<Prefix>(*kept6)
                                    : Result<Prefix>(unique_local(project, network.key, others)))
              .with(where));
  chosen.subnet6 = to_string(subnet6);
  chosen.gateway6 = TRY(choose_gateway(subnet6, network.gateway6, before.gateway6, network.aux6).with(where));
  return chosen;
}

Allotment allotment_of(const NetworkSpec& network) {
  Allotment allotment{network.range4, network.range6, {}};
  for (const auto* aux : {&network.aux4, &network.aux6})
    for (const auto& [name, address] : *aux) allotment.reserved.push_back(address);
  return allotment;
}

Result<std::map<std::string, Addresses>> assign_addresses(const std::string& project,
                                                          const std::string& network, const Subnets& subnets,
                                                          const Attachments& attached,
                                                          const Assigned& previous,
                                                          const Allotment& allotment) {
  const std::string where = "network " + quoted(network);
  Assigned assigned;
  for (const Family& family : {Family{"IPv4", subnets.subnet4, subnets.gateway4, allotment.range4,
                                      &NetworkAttachment::ipv4_address, &Addresses::ipv4},
                               Family{"IPv6", subnets.subnet6, subnets.gateway6, allotment.range6,
                                      &NetworkAttachment::ipv6_address, &Addresses::ipv6}})
    TRY(assign_of(family, allotment.reserved, attached, previous, assigned).with(where));
  assign_macs(project, network, attached, assigned);
  return assigned;
}

std::string bridge_ifname(const std::string& project, const std::string& network) {
  return hashed_ifname(kBridgePrefix, name_hash({"bridge", project, network}));
}

std::string bridge_of(const std::string& project, const NetworkSpec& network) {
  return network.bridge_name.empty() ? bridge_ifname(project, network.key) : network.bridge_name;
}

std::string veth_ifname(const std::string& project, const std::string& service, const std::string& network) {
  return hashed_ifname(kVethPrefix, name_hash({"veth", project, service, network}));
}

}  // namespace stack::net
