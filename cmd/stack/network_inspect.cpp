#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/stack/faults.h"
#include "cmd/stack/network_text.h"
#include "cmd/stack/network_verbs.h"
#include "cmd/stack/output.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

Result<int> inspect(const std::vector<std::string>& names) {
  std::vector<std::string> broken;
  const std::vector<ListedNetwork> networks = TRY(list_networks(broken));
  json list = json::array();
  Faults faults;
  for (const std::string& name : names) {
    const auto found = find_networks(networks, name);
    if (!found) faults.add(found.error().words);
    if (!found) continue;
    for (const ListedNetwork& network : *found) list.push_back(network_json(network));
  }
  print(list.dump(4, ' ', false, json::error_handler_t::replace) + "\n");
  for (const std::string& words : broken) faults.add(words);
  TRY(faults.result());
  return 0;
}

}  // namespace

Run define_network_inspect(CLI::App& command, const Globals&) {
  auto names = std::make_shared<std::vector<std::string>>();
  command.add_option("NETWORK", *names, "In full, \"shop_default\", or an id")->required();
  return [names] { return inspect(*names); };
}

}  // namespace stack::cmd
