// Listeners of resolvers that somebody has destroyed.
#include "core/plan/plan.h"
#include "core/reconcile/drift.h"

namespace stack {

void compare_resolver(World& world, const std::string& owner, const std::string& cause) {
  const std::string object = object_of(OpenResolver{owner});
  const auto kept = world.stored.find("dns/" + owner);
  std::vector<Drift> found;
  if (kept != world.stored.end() && kept->second.size() == 2 && !net::is_listening(kept->second[1].get()))
    found.push_back({object, "listening", "destroyed", cause});
  take_drift(world, found, [&](const std::string& one) { return one == object; });
}

}  // namespace stack
