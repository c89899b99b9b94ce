// Networks as tables and JSON in the words of Docker, and its filters. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/reconcile/network_list.h"
#include "specs/result.h"

namespace stack::cmd {

// `--filter`: of each kind that is given, one of the names, all of the labels.
struct NetworkFilter {
  std::vector<std::string> names;   // a part of the name
  std::vector<std::string> labels;  // "key" or "key=value"
};

// "name=shop", "label=kind=cache", "driver=bridge", "scope=local". An error says what is not one.
Result<NetworkFilter> parse_network_filter(const std::vector<std::string>& texts);
bool matches(const NetworkFilter& filter, const NetworkSpec& network);

enum class Ids { shortened, whole };
// NETWORK ID, NAME, DRIVER, SCOPE
std::string network_table(const std::vector<ListedNetwork>& networks, Ids ids);
std::string network_id(const ListedNetwork& network, Ids ids);
// As of a line of `docker network ls --format json`.
nlohmann::json network_line_json(const ListedNetwork& network, Ids ids);
// As of an item of `docker network inspect`, then ours.
nlohmann::json network_json(const ListedNetwork& network);

// Those called `name`: by name, by id, or by the beginning of one id alone. An error where there is none.
Result<std::vector<ListedNetwork>> find_networks(const std::vector<ListedNetwork>& all,
                                                 const std::string& name);

}  // namespace stack::cmd
