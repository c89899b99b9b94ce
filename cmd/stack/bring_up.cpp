#include "cmd/stack/bring_up.h"

#include <algorithm>

#include "cmd/stack/request.h"
#include "core/images/store.h"
#include "core/reconcile/in_use.h"
#include "core/reconcile/storage_lock.h"
#include "specs/canonical.h"

namespace stack::cmd {
namespace {

// The id of what the service's image is now; empty where it is not here.
std::string image_id(const ServiceSpec& service) {
  const auto resolved = Store().resolve(service.image, service.platform);
  return resolved ? resolved->image.id : "";
}

Result<void> prune_image(const std::string& id) {
  Store store;
  const UniqueFd lock = TRY(lock_storage([] {}));
  const InUse in_use = TRY(used_by_stacks());
  const std::vector<StoredImage> images = TRY(store.list());
  const bool is_nameless = std::all_of(images.begin(), images.end(), [&](const StoredImage& image) {
    return image.id != id || image.name.empty();
  });
  const bool is_here =
      std::any_of(images.begin(), images.end(), [&](const StoredImage& image) { return image.id == id; });
  if (is_here && is_nameless) TRY(store.remove(id, in_use.images));
  return {};
}

}  // namespace

Result<void> bring_up(const StackSpec& file, const BringUpOptions& options, Progress& progress,
                      Interrupts& interrupts) {
  const UniqueFd storage = TRY(share_storage());  // until the intent says what the stack needs
  const Prepared prepared = TRY(prepare(file, options.preparation, progress, interrupts));
  Ask up;
  up.project = file.name;
  up.request = {{"verb", "up"},
                {"spec", to_wire(prepared.spec)},
                {"contents", prepared.contents},
                {"services", options.services},
                {"no_deps", options.no_deps}};
  up.start_keeper = options.start_keeper;
  up.progress = &progress;
  up.interrupts = &interrupts;
  TRY(ask(up));
  return {};
}

Result<void> rebuild_service(const StackSpec& file, const std::string& service, const RebuildOptions& options,
                             Progress& progress, Interrupts& interrupts) {
  const std::string before = image_id(file.services.at(service));
  BringUpOptions making;
  making.preparation.services = {service};
  making.preparation.build = true;
  making.preparation.quiet_build = options.quiet;
  making.preparation.environment = options.environment;
  making.services = {service};
  making.no_deps = true;
  TRY(bring_up(file, making, progress, interrupts));
  if (!options.prune || before.empty() || before == image_id(file.services.at(service))) return {};
  return prune_image(before).with("remove the image that was replaced");
}

}  // namespace stack::cmd
