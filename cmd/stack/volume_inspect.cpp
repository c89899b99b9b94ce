#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/stack/faults.h"
#include "cmd/stack/output.h"
#include "cmd/stack/volume_names.h"
#include "cmd/stack/volume_text.h"
#include "cmd/stack/volume_verbs.h"
#include "core/volumes/usage.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

Result<json> inspect_one(const std::string& name, const InUse& in_use) {
  const volumes::VolumeRecord record = TRY(find_volume(name));
  VolumeUse use;
  use.users = users_of(in_use, name);
  const auto usage = volumes::usage(volumes::kVolumesRoot, name);
  if (usage) use.bytes = usage->bytes;  // a figure for people: without it the rest is told all the same
  return volume_json(record, volumes::data_path(volumes::kVolumesRoot, record), use);
}

Result<int> inspect(const std::vector<std::string>& names) {
  const InUse in_use = TRY(used_by_stacks());
  json list = json::array();
  Faults faults;
  for (const std::string& name : names) {
    auto one = inspect_one(name, in_use);
    if (one)
      list.push_back(*std::move(one));
    else
      faults.add(one.error().words);
  }
  print(list.dump(4, ' ', false, json::error_handler_t::replace) + "\n");
  TRY(faults.result());
  return 0;
}

}  // namespace

Run define_volume_inspect(CLI::App& command, const Globals&) {
  auto names = std::make_shared<std::vector<std::string>>();
  command.add_option("VOLUME", *names, "In full: \"shop_db\"")->required();
  return [names] { return inspect(*names); };
}

}  // namespace stack::cmd
