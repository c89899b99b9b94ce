// Mounts of ours that somebody has taken off, or covered.
#include "core/engine/namespaces.h"
#include "core/plan/plan.h"
#include "core/reconcile/drift.h"
#include "core/reconcile/pins.h"

namespace stack {

void compare_mounts(World& world, const std::string& cause) {
  std::vector<Drift> found;
  const std::string folder = object_of(MountFolder{});
  if (engine::pin_mark(world.paths.runtime()) != world.folder_mark)
    found.push_back({folder, "mounted", "unmounted", cause});
  std::set<std::string> compared{folder};
  for (const auto& [owner, sandbox] : world.sandboxes) {
    const auto want = world.desired.sandboxes.find(owner);
    if (want == world.desired.sandboxes.end() || want->second.hash != sandbox.hash) continue;
    const std::string object = object_of(PinSandbox{owner});
    compared.insert(object);
    const std::string lost = lost_pins(world, owner);
    if (!lost.empty()) found.push_back({object, "pinned", lost + " unmounted", cause});
  }
  take_drift(world, found, [&](const std::string& one) { return compared.contains(one); });
}

}  // namespace stack
