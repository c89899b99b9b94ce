#include "core/reconcile/one_off_traces.h"

#include <fcntl.h>

#include <algorithm>

#include "core/engine/namespaces.h"
#include "core/reconcile/id_ranges.h"
#include "core/reconcile/in_use.h"
#include "core/reconcile/storage.h"
#include "core/sys/dir.h"
#include "core/sys/files.h"
#include "core/volumes/remove.h"
#include "specs/one_off.h"

namespace stack {
namespace {

constexpr char kPrefix[] = "run/";
constexpr std::size_t kWithTerminal = 2;  // lifeline and socket
constexpr std::size_t kWithPipes = 4;     // lifeline, input, output, error

Result<void> store(World& world, const std::string& one_off) {
  const std::string key = lifeline_key(one_off);
  std::vector<int> numbers;
  for (const UniqueFd& fd : world.stored.at(key)) numbers.push_back(fd.get());
  return world.keeper->store(key, numbers);
}

Result<void> remove_volume(const World& world, const std::string& one_off, const std::string& name) {
  InUse used = TRY(used_by_stacks());
  std::erase(used.volumes[name], world.project + ": " + one_off);
  TRY(volumes::remove(volumes::kVolumesRoot, name, [&](const std::string&) { return used.volumes[name]; }));
  return {};
}

// One that cannot go now is told and stays for `stack volume prune`: the rest does not wait for it.
void remove_anonymous_volumes(const World& world, const ContainerRecord& record) {
  const ServiceSpec& spec = record.one_off->needs.services.at(record.service);
  for (const Mount& mount : spec.mounts) {
    if (mount.type != Mount::Type::volume || !mount.source.empty()) continue;
    const std::string name = volume_of(world.project, spec, mount);
    const Result<void> removed = remove_volume(world, record.service, name);
    if (!removed) world.tell({"Volume " + name, "warning", "Kept", removed.error().words});
  }
}

Result<void> remove_forgotten(const std::string& folder, const Records& records) {
  for (const std::string& name : TRY(names_if_there(folder)))
    if (is_one_off(name) && !records.contains(name)) TRY(remove_tree(folder + "/" + name));
  return {};
}

}  // namespace

std::string lifeline_key(const std::string& one_off) {
  return kPrefix + one_off;
}

std::optional<std::string> one_off_of_key(const std::string& key) {
  if (!key.starts_with(kPrefix)) return std::nullopt;
  return key.substr(sizeof kPrefix - 1);
}

Result<void> keep_descriptors(World& world, const std::string& one_off, std::vector<UniqueFd> fds) {
  world.stored[lifeline_key(one_off)] = std::move(fds);
  return store(world, one_off);
}

Result<void> connect_to_client(const World& world, const std::string& one_off,
                               engine::ContainerLaunch& launch) {
  const auto kept = world.stored.find(lifeline_key(one_off));
  const std::size_t count = kept == world.stored.end() ? 0 : kept->second.size();
  if (count == kWithTerminal)
    launch.pty = kept->second[1].get();
  else if (count == kWithPipes)
    launch.stdio = {kept->second[1].get(), kept->second[2].get(), kept->second[3].get()};
  else
    return fault("what its client gave it for input and output is lost");
  return {};
}

void keep_lifeline_alone(World& world, const std::string& one_off) {
  const auto kept = world.stored.find(lifeline_key(one_off));
  if (kept == world.stored.end() || kept->second.size() < 2) return;
  kept->second.resize(1);
  // Fails only where the keeper is dead; its successor gets what we have.
  static_cast<void>(store(world, one_off));
}

Result<void> drop_descriptors(World& world, const std::string& one_off) {
  if (world.stored.erase(lifeline_key(one_off)) == 0) return {};
  return world.keeper->forget(lifeline_key(one_off));
}

Result<void> remove_traces(World& world, const ContainerRecord& record) {
  const std::string& name = record.service;
  TRY(drop_descriptors(world, name));
  if (record.one_off->remove) remove_anonymous_volumes(world, record);
  if (world.everything_goes) return {};
  // Also where no plan knows of them: made by a reconciler that was killed before it could write it down.
  for (const char* kind : {"net", "ipc", "uts"}) TRY(engine::unpin(world.pin(name, kind)));
  TRY(engine::unpin(world.user_pin(name)));
  return release_id(world.project, name);
}

Result<void> remove_forgotten_one_offs(const World& world) {
  TRY(remove_forgotten(world.paths.lib + "/containers", world.records));
  return remove_forgotten(world.paths.lib + "/logs", world.records);
}

}  // namespace stack
