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

}  // namespace

Result<void> save_kernel_state(World& world) {
  json sandboxes = json::object();
  for (const auto& [owner, sandbox] : world.sandboxes) sandboxes[owner] = sandbox_to_json(sandbox);
  json ids = json::object();
  for (const auto& [group, range] : world.ids) ids[group] = range.base;
  const json j{{"networks", world.networks},
               {"bridges", world.bridges},
               {"bridge_indices", world.bridge_indices},
               {"sandboxes", sandboxes},
               {"ids", ids},
               {"pins", world.pins},
               {"firewall", world.firewall_hash},
               {"firewall_digest", world.firewall_digest}};
  return world.state.keep_kernel_state(j.dump());
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
    // Older ones have neither: then the pins are taken as they are, and the table is put once more.
    world.pins = j.value("pins", std::map<std::string, std::string>{});
    world.firewall_digest = j.value("firewall_digest", "");
  } catch (const json::exception& e) {
    return fault("read \"" + path_of(world) + "\": " + e.what());
  }
  return {};
}

}  // namespace stack
