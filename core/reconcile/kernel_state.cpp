#include "core/reconcile/kernel_state.h"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <set>

#include "core/sys/files.h"

namespace stack {
namespace {

using nlohmann::json;

std::string path_of(const World& world) {
  return world.paths.kernel_state();
}

json sandbox_to_json(const ObservedSandbox& sandbox) {
  json networks = json::object();
  for (const auto& [key, mark] : sandbox.networks) networks[key] = {mark.identity, mark.tuning, mark.ifname};
  return {{"hash", sandbox.hash}, {"networks", networks}};
}

ObservedSandbox sandbox_from_json(const json& j) {
  ObservedSandbox sandbox;
  sandbox.hash = j.at("hash");
  for (const auto& [key, mark] : j.at("networks").items())
    sandbox.networks[key] = {mark.at(0), mark.at(1), mark.at(2)};
  return sandbox;
}

bool pins_are_there(const World& world, const std::string& owner, const std::vector<std::string>& kinds) {
  for (const std::string& kind : kinds)
    if (!engine::is_pinned(world.pin(owner, kind.c_str()))) return false;
  return true;
}

std::vector<std::string> kinds_of(const World& world, const std::string& owner) {
  const auto it = world.desired.sandboxes.find(owner);
  if (it == world.desired.sandboxes.end()) return {};
  std::vector<std::string> kinds;
  if (it->second.net) kinds.emplace_back("net");
  if (it->second.ipc) kinds.emplace_back("ipc");
  if (it->second.uts) kinds.emplace_back("uts");
  return kinds;
}

}  // namespace

Result<void> save_kernel_state(const World& world) {
  json sandboxes = json::object();
  for (const auto& [owner, sandbox] : world.sandboxes) sandboxes[owner] = sandbox_to_json(sandbox);
  json ids = json::object();
  for (const auto& [group, range] : world.ids) ids[group] = range.base;
  const json j{{"networks", world.networks},
               {"bridges", world.bridges},
               {"bridge_indices", world.bridge_indices},
               {"sandboxes", sandboxes},
               {"ids", ids},
               {"firewall", world.firewall_hash},
               {"firewall_digest", world.firewall_digest}};
  return replace_file(path_of(world), j.dump(), 0600, Durability::none);
}

Result<void> load_kernel_state(World& world) {
  const auto text = read_file(path_of(world));
  if (!text && text.error().code == ENOENT) return {};
  if (!text) return text.error();
  try {
    const json j = json::parse(*text);
    world.networks = j.at("networks").get<std::map<std::string, std::string>>();
    world.bridges = j.at("bridges").get<std::map<std::string, std::string>>();
    for (const auto& [owner, sandbox] : j.at("sandboxes").items())
      world.sandboxes[owner] = sandbox_from_json(sandbox);
    for (const auto& [group, base] : j.at("ids").items()) world.ids[group] = engine::IdRange{base, 65536};
    world.firewall_hash = j.at("firewall");
    world.bridge_indices = j.value("bridge_indices", std::map<std::string, int>());
    // Older ones have none: then the table is put once more.
    world.firewall_digest = j.value("firewall_digest", "");
  } catch (const json::exception& e) {
    return fault("read \"" + path_of(world) + "\": " + e.what());
  }
  return {};
}

void observe_pins(World& world) {
  std::erase_if(world.sandboxes, [&](const auto& sandbox) {
    return !pins_are_there(world, sandbox.first, kinds_of(world, sandbox.first));
  });
}

}  // namespace stack
