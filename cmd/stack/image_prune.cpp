// `stack image prune`: images without a name, or all that no stack uses.
#include <memory>

#include "cmd/stack/confirm.h"
#include "cmd/stack/format.h"
#include "cmd/stack/image_names.h"
#include "cmd/stack/image_verbs.h"
#include "cmd/stack/output.h"
#include "core/reconcile/in_use.h"
#include "core/reconcile/storage_lock.h"

namespace stack::cmd {
namespace {

struct Options {
  bool all = false;
  bool force = false;
};

Result<int> prune(const Options& options) {
  const char* what = options.all ? "this will remove all images that no stack uses"
                                 : "this will remove all images without a name that no stack uses";
  if (!options.force && !TRY(confirm(what))) return 0;
  Store store;
  const UniqueFd lock = TRY(lock_storage(tell_of_wait));
  const InUse in_use = TRY(used_by_stacks());
  const Removed removed =
      TRY(store.prune(options.all ? PruneScope::unused : PruneScope::nameless, in_use.images));
  std::string told;
  for (const StoredImage& image : removed.images) told += "Deleted: " + shown_name(image) + "\n";
  print(told + "Total reclaimed space: " + human_size(removed.bytes) + "\n");
  return 0;
}

}  // namespace

Run define_image_prune(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_flag("-a,--all", options->all, "All that no stack uses, not those without a name alone");
  command.add_flag("-f,--force", options->force, "Without asking");
  return [options] { return prune(*options); };
}

}  // namespace stack::cmd
