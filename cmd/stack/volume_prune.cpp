#include <memory>
#include <set>

#include "cmd/stack/confirm.h"
#include "cmd/stack/faults.h"
#include "cmd/stack/format.h"
#include "cmd/stack/output.h"
#include "cmd/stack/volume_names.h"
#include "cmd/stack/volume_text.h"
#include "cmd/stack/volume_verbs.h"
#include "core/reconcile/storage_lock.h"

namespace stack::cmd {
namespace {

struct Options {
  bool all = false;
  bool force = false;
  std::vector<std::string> filters;
};

// Those that are to be kept by the filter.
Result<std::set<std::string>> spared(const VolumeFilter& filter) {
  std::vector<std::string> unsaid;  // prune tells them, and keeps them
  std::set<std::string> names;
  for (const volumes::VolumeRecord& record : TRY(volumes::list(volumes::kVolumesRoot, unsaid)))
    if (!matches(filter, record, /*used=*/false)) names.insert(record.name);
  return names;
}

Result<int> prune(const Options& options) {
  const VolumeFilter filter = TRY(parse_volume_filter(options.filters));
  const char* what = options.all
                         ? "this will remove all volumes that no stack uses, and what is in them"
                         : "this will remove all anonymous volumes that no stack uses, and what is in "
                           "them";
  if (!options.force && !TRY(confirm(what))) return 0;
  const UniqueFd lock = TRY(lock_storage(tell_of_wait));
  const InUse in_use = TRY(used_by_stacks());
  const std::set<std::string> kept = TRY(spared(filter));
  const auto users = [&](const std::string& name) {
    return kept.contains(name) ? std::vector<std::string>{"--filter"} : users_of(in_use, name);
  };
  const volumes::Pruned pruned = TRY(volumes::prune(
      volumes::kVolumesRoot, users, options.all ? volumes::PruneScope::all : volumes::PruneScope::anonymous));
  std::string told;
  for (const std::string& name : pruned.names) told += "Deleted: " + name + "\n";
  print(told + "Total reclaimed space: " + human_size(pruned.bytes) + "\n");
  Faults faults;
  for (const std::string& words : pruned.faults) faults.add(words);
  TRY(faults.result());
  return 0;
}

}  // namespace

Run define_volume_prune(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_flag("-a,--all", options->all, "All that no stack uses, not the anonymous ones alone");
  command.add_flag("-f,--force", options->force, "Without asking");
  add_repeatable(command, "--filter", options->filters, "name=PART or label=KEY[=VALUE]: these alone");
  return [options] { return prune(*options); };
}

}  // namespace stack::cmd
