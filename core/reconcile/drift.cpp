#include "core/reconcile/drift.h"

#include "core/plan/plan.h"

namespace stack {

void take_drift(World& world, const std::vector<Drift>& found,
                const std::function<bool(const std::string&)>& about) {
  std::map<std::string, std::string> known;
  std::erase_if(world.drift, [&](const auto& one) {
    if (!about(one.first)) return false;
    known.insert(one);
    return true;
  });
  for (const Drift& drift : found) {
    const std::string words = drift.found + " instead of " + drift.expected;
    world.drift[drift.object] = words;
    const auto before = known.find(drift.object);
    if (before == known.end() || before->second != words) world.drifted(drift);
  }
}

Result<void> compare_firewall(World& world, Touched touched, const std::string& cause) {
  const std::string object = object_of(ApplyFirewall{});
  const bool put = !world.firewall_hash.empty() && world.firewall_hash == world.desired.firewall_hash;
  std::vector<Drift> found;
  if (put) {
    const std::string digest = TRY(world.firewall_table->digest());
    if (digest != world.firewall_digest || touched == Touched::yes)
      found.push_back(
          {object, "the rules as they were put", digest.empty() ? "no table" : "other rules", cause});
  }
  take_drift(world, found, [&](const std::string& one) { return one == object; });
  return {};
}

}  // namespace stack
