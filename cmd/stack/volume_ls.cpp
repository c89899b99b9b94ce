#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/stack/faults.h"
#include "cmd/stack/output.h"
#include "cmd/stack/volume_names.h"
#include "cmd/stack/volume_text.h"
#include "cmd/stack/volume_verbs.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  bool quiet = false;
  std::string format = "table";
  std::vector<std::string> filters;
};

std::string text_of(const std::vector<volumes::VolumeRecord>& records, const Options& options) {
  std::string text;
  if (options.quiet) {
    for (const volumes::VolumeRecord& record : records) text += record.name + "\n";
  } else if (options.format == "json") {
    for (const volumes::VolumeRecord& record : records)
      text += volume_line_json(record, volumes::data_path(volumes::kVolumesRoot, record))
                  .dump(-1, ' ', false, json::error_handler_t::replace) +
              "\n";
  } else {
    text = volume_table(records);
  }
  return text;
}

Result<int> ls(const Options& options) {
  const VolumeFilter filter = TRY(parse_volume_filter(options.filters));
  InUse in_use;
  if (filter.dangling) in_use = TRY(used_by_stacks());
  std::vector<std::string> broken;
  std::vector<volumes::VolumeRecord> chosen;
  for (volumes::VolumeRecord& record : TRY(volumes::list(volumes::kVolumesRoot, broken)))
    if (matches(filter, record, !users_of(in_use, record.name).empty())) chosen.push_back(std::move(record));
  print(text_of(chosen, options));
  Faults faults;
  for (const std::string& words : broken) faults.add(words);
  TRY(faults.result());
  return 0;
}

}  // namespace

Run define_volume_ls(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_flag("-q,--quiet", options->quiet, "The names alone");
  command.add_option("--format", options->format)->check(CLI::IsMember({"table", "json"}));
  add_repeatable(command, "--filter", options->filters,
                 "name=PART, label=KEY[=VALUE], dangling=true|false: used by no stack");
  return [options] { return ls(*options); };
}

}  // namespace stack::cmd
