// The networks of the model in the words of the Compose Specification.
#include "specs/canonical_tree.h"
#include "specs/network_opts.h"

namespace stack::canonical {
namespace {

struct Pool {
  const std::string &subnet, &gateway, &range;
  const std::map<std::string, std::string>& aux;
};

Tree pools(const NetworkSpec& network) {
  Tree config = Tree::array();
  for (const Pool& pool : {Pool{network.subnet4, network.gateway4, network.range4, network.aux4},
                           Pool{network.subnet6, network.gateway6, network.range6, network.aux6}}) {
    if (pool.subnet.empty()) continue;
    Tree one = {{"subnet", pool.subnet}};
    put(one, "gateway", pool.gateway);
    put(one, "ip_range", pool.range);
    put(one, "aux_addresses", map_of(pool.aux));
    config.push_back(std::move(one));
  }
  return config;
}

}  // namespace

Tree network_tree(const NetworkSpec& network) {
  Tree tree = {{"name", network.name}};
  if (network.internal) tree["internal"] = true;
  if (!network.enable_ipv4) tree["enable_ipv4"] = false;
  if (!network.enable_ipv6) tree["enable_ipv6"] = false;
  Tree config = pools(network);
  if (!config.empty()) tree["ipam"] = {{"config", std::move(config)}};
  put(tree, "driver_opts", map_of(driver_opts_of(network)));
  put(tree, "labels", map_of(network.labels));
  return tree;
}

}  // namespace stack::canonical
