#include <memory>

#include "cmd/stack/confirm.h"
#include "cmd/stack/faults.h"
#include "cmd/stack/output.h"
#include "cmd/stack/volume_names.h"
#include "cmd/stack/volume_verbs.h"
#include "core/reconcile/storage_lock.h"

namespace stack::cmd {
namespace {

struct Options {
  bool force = false;
  std::vector<std::string> names;
};

Result<void> remove_one(const std::string& name, const Options& options, const InUse& in_use) {
  const auto users = [&](const std::string& of) { return users_of(in_use, of); };
  const volumes::Removal removal = TRY(volumes::remove(volumes::kVolumesRoot, name, users));
  if (removal == volumes::Removal::not_there) return options.force ? Result<void>() : no_volume(name);
  print(name + "\n");
  return {};
}

Result<int> remove_all(const Options& options) {
  const UniqueFd lock = TRY(lock_storage(tell_of_wait));
  const InUse in_use = TRY(used_by_stacks());
  Faults faults;
  for (const std::string& name : options.names) faults.add(remove_one(name, options, in_use));
  TRY(faults.result());
  return 0;
}

}  // namespace

Run define_volume_rm(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_flag("-f,--force", options->force, "One that is not there is no error");
  command.add_option("VOLUME", options->names, "In full: \"shop_db\"; all that is in it is lost")->required();
  return [options] { return remove_all(*options); };
}

}  // namespace stack::cmd
