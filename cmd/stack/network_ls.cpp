#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/stack/faults.h"
#include "cmd/stack/network_text.h"
#include "cmd/stack/network_verbs.h"
#include "cmd/stack/output.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  bool quiet = false;
  bool no_trunc = false;
  std::string format = "table";
  std::vector<std::string> filters;
};

std::string text_of(const std::vector<ListedNetwork>& networks, const Options& options) {
  const Ids ids = options.no_trunc ? Ids::whole : Ids::shortened;
  if (!options.quiet && options.format == "table") return network_table(networks, ids);
  std::string text;
  for (const ListedNetwork& network : networks)
    text += (options.quiet
                 ? network_id(network, ids)
                 : network_line_json(network, ids).dump(-1, ' ', false, json::error_handler_t::replace)) +
            "\n";
  return text;
}

Result<int> ls(const Options& options) {
  const NetworkFilter filter = TRY(parse_network_filter(options.filters));
  std::vector<std::string> broken;
  std::vector<ListedNetwork> chosen;
  for (ListedNetwork& network : TRY(list_networks(broken)))
    if (matches(filter, network.spec)) chosen.push_back(std::move(network));
  print(text_of(chosen, options));
  Faults faults;
  for (const std::string& words : broken) faults.add(words);
  TRY(faults.result());
  return 0;
}

}  // namespace

Run define_network_ls(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_flag("-q,--quiet", options->quiet, "The ids alone");
  command.add_flag("--no-trunc", options->no_trunc, "The ids in full");
  command.add_option("--format", options->format)->check(CLI::IsMember({"table", "json"}));
  add_repeatable(command, "--filter", options->filters,
                 "name=PART, label=KEY[=VALUE], driver=bridge, scope=local");
  return [options] { return ls(*options); };
}

}  // namespace stack::cmd
