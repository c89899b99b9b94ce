// Links that are no longer as they were made.
#include "core/plan/plan.h"
#include "core/reconcile/drift.h"
#include "core/reconcile/link_models.h"

namespace stack {
namespace {

// The links that are as they are wanted, as far as we know, and the object that each belongs to.
struct Made {
  std::vector<net::Bridge> bridges;
  std::vector<net::Endpoint> endpoints;
  std::map<std::string, std::string> objects;  // by link
};

bool is_made(const World& world, const std::string& network) {
  const auto want = world.desired.networks.find(network);
  const auto made = world.networks.find(network);
  return want != world.desired.networks.end() && made != world.networks.end() &&
         made->second == want->second.hash;
}

bool is_made(const World& world, const DesiredSandbox& sandbox, const std::string& network,
             const EndpointMark& mark) {
  const auto want = sandbox.endpoints.find(network);
  return want != sandbox.endpoints.end() && is_made(world, network) &&
         mark.identity == want->second.identity() && mark.tuning == want->second.tuning();
}

void add_endpoints(const World& world, const std::string& owner, const ObservedSandbox& sandbox, Made& made) {
  const auto want = world.desired.sandboxes.find(owner);
  if (want == world.desired.sandboxes.end()) return;
  for (const auto& [network, mark] : sandbox.networks) {
    if (!is_made(world, want->second, network, mark)) continue;
    made.endpoints.push_back(endpoint_of(world, owner, network));
    made.objects[made.endpoints.back().host_ifname] = object_of(AttachEndpoint{owner, network});
  }
}

Made made_links(const World& world) {
  Made made;
  for (const auto& [network, hash] : world.networks) {
    if (!is_made(world, network)) continue;
    made.bridges.push_back(bridge_of(world, network));
    made.objects[made.bridges.back().ifname] = object_of(CreateNetwork{network});
  }
  for (const auto& [owner, sandbox] : world.sandboxes) add_endpoints(world, owner, sandbox, made);
  return made;
}

}  // namespace

Result<std::set<int>> compare_links(World& world, const std::string& cause) {
  const Made made = made_links(world);
  net::Links::Comparison compared;
  if (!made.objects.empty()) compared = TRY(world.links->compare(made.bridges, made.endpoints));
  std::vector<Drift> found;
  for (const net::Difference& one : compared.differences)
    found.push_back({made.objects.at(one.ifname), one.expected, one.found, cause});
  take_drift(world, found, [](const std::string& object) { return object.starts_with("network "); });
  return std::move(compared.indices);
}

}  // namespace stack
