#include "net/link_reading.h"

#include <algorithm>

namespace stack::net {

Result<LinkReading> LinkReading::take(Netlink& route, Rates rates) {
  LinkReading reading;
  for (rtnl::Link& link : TRY(rtnl::list_links(route))) {
    const std::string ifname = link.ifname;
    reading.links_[ifname] = std::move(link);
  }
  for (const rtnl::Address& address : TRY(rtnl::list_addresses(route)))
    reading.addresses_[address.ifindex].push_back(address.prefix);
  for (const rtnl::Route& one : TRY(rtnl::list_routes(route, AF_UNSPEC)))
    reading.routes_[one.out].push_back(one);
  if (rates == Rates::take) reading.rates_ = TRY(list_rate_limits(route));
  return reading;
}

const rtnl::Link* LinkReading::find(const std::string& ifname) const {
  const auto it = links_.find(ifname);
  return it == links_.end() ? nullptr : &it->second;
}

std::string LinkReading::name_of(int ifindex) const {
  for (const auto& [ifname, link] : links_)
    if (link.ifindex == ifindex) return ifname;
  return "nothing";
}

bool LinkReading::has_address(int ifindex, const Prefix& prefix) const {
  const auto on = addresses_.find(ifindex);
  return on != addresses_.end() &&
         std::find(on->second.begin(), on->second.end(), prefix) != on->second.end();
}

bool LinkReading::has_rate(int ifindex, const RateLimit& limit) const {
  const auto held = rates_.find(ifindex);
  return held != rates_.end() && held->second == limit;
}

bool LinkReading::has_route(int ifindex, unsigned table, const Prefix& destination) const {
  const auto out = routes_.find(ifindex);
  if (out == routes_.end()) return false;
  return std::any_of(out->second.begin(), out->second.end(), [&](const rtnl::Route& one) {
    return one.table == table && one.destination == destination && !one.gateway;
  });
}

}  // namespace stack::net
