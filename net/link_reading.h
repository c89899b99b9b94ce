// One reading of the host's links, addresses and routes, for the questions that are asked of many links at
// once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "net/bandwidth.h"
#include "net/links.h"
#include "net/netlink.h"
#include "net/rtnl.h"
#include "specs/result.h"

namespace stack::net {

class LinkReading {
 public:
  enum class Rates { leave, take };
  static Result<LinkReading> take(Netlink& route, Rates rates);

  [[nodiscard]] const rtnl::Link* find(const std::string& ifname) const;
  [[nodiscard]] std::string name_of(int ifindex) const;  // "nothing" for 0
  [[nodiscard]] bool has_address(int ifindex, const Prefix& prefix) const;
  [[nodiscard]] bool has_route(int ifindex, unsigned table, const Prefix& destination) const;
  [[nodiscard]] bool has_rate(int ifindex, const RateLimit& limit) const;

 private:
  std::map<std::string, rtnl::Link> links_;
  std::map<int, std::vector<Prefix>> addresses_;    // by link
  std::map<int, std::vector<rtnl::Route>> routes_;  // by the link out of which they lead
  std::map<int, RateLimit> rates_;                  // by link
};

}  // namespace stack::net
