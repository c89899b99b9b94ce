#include "core/reconcile/pins.h"

#include <fcntl.h>

#include "core/engine/namespaces.h"
#include "core/engine/runtime_folder.h"
#include "core/sys/files.h"

namespace stack {
namespace {

struct Pin {
  std::string kind, path;
};

// The user namespace last: it is had from the others.
std::vector<Pin> pins_of(const World& world, const std::string& owner) {
  const auto want = world.desired.sandboxes.find(owner);
  if (want == world.desired.sandboxes.end()) return {};
  std::vector<Pin> pins;
  const auto add = [&](const char* kind) { pins.push_back({kind, world.pin(owner, kind)}); };
  if (want->second.net) add("net");
  if (want->second.uts) add("uts");
  if (want->second.ipc) {
    add("ipc");
    pins.push_back({"shm", engine::shared_memory_of(world.pin(owner, "ipc"))});
  }
  if (!want->second.group.empty()) pins.push_back({"user", world.user_pin(want->second.group)});
  return pins;
}

bool is_as_made(const World& world, const Pin& pin) {
  const auto mark = world.pins.find(pin.path);
  return mark != world.pins.end() && !mark->second.empty() && engine::pin_mark(pin.path) == mark->second;
}

// The first processes of those that were started in the sandbox.
std::vector<pid_t> inhabitants(const World& world, const std::string& owner) {
  std::vector<pid_t> pids;
  for (const auto& [service, record] : world.records)
    if (has_process(record.state) && record.sandboxes.contains(owner)) pids.push_back(record.pid);
  return pids;
}

Result<bool> mend_user(const World& world, const Pin& pin, const std::string& mark,
                       const std::vector<Pin>& others) {
  for (const Pin& other : others)
    if (other.kind != "user" && other.kind != "shm" && is_as_made(world, other) &&
        TRY(engine::repin_user(pin.path, mark, other.path)))
      return true;
  return false;
}

Result<bool> mend(const World& world, const std::string& owner, const Pin& pin,
                  const std::vector<Pin>& others) {
  const auto known = world.pins.find(pin.path);
  if (known == world.pins.end() || known->second.empty()) return false;
  if (pin.kind == "user") return mend_user(world, pin, known->second, others);
  for (const pid_t pid : inhabitants(world, owner)) {
    const bool mended = pin.kind == "shm" ? TRY(engine::repin_shared_memory(pin.path, known->second, pid))
                                          : TRY(engine::repin(pin.path, known->second, pid, pin.kind));
    if (mended) return true;
  }
  return false;
}

// The planner sees a sandbox of another kind, and containers that were made for it.
void make_anew(World& world, const std::string& owner, const std::string& lost) {
  world.sandboxes.at(owner).hash.clear();
  for (auto& [service, record] : world.records) {
    if (!has_process(record.state) || !record.sandboxes.contains(owner)) continue;
    record.hash = "in namespaces that are lost";
    world.save(record);  // before the sandbox's own mark, which waits for them to end
    world.tell({"Container " + record.name, "warning", "To be made anew",
                "nobody is any more in what was pinned for it (" + lost + ")"});
  }
}

}  // namespace

Result<void> hold_folder(World& world) {
  const std::string folder = world.paths.runtime();
  for (const std::string& part : {world.paths.records(), world.paths.pins()}) TRY(make_folders(part, 0700));
  world.folder = TRY(open_fd(folder, O_RDONLY | O_DIRECTORY));
  world.folder_mark = engine::pin_mark(folder);
  return {};
}

// What has changed since it went is not in it, so all that we know is written once more.
Result<void> mend_folder(World& world) {
  const std::string folder = world.paths.runtime();
  TRY(engine::uncover(folder, world.folder_mark));
  if (engine::pin_mark(folder) == world.folder_mark) return {};
  const auto meanwhile = read_file(world.paths.events());  // told of in the folder that was below the mount
  TRY(engine::restore_runtime_folder(folder, world.folder.get()));
  TRY(hold_folder(world));
  if (meanwhile) {
    const UniqueFd events = TRY(open_fd(world.paths.events(), O_WRONLY | O_APPEND | O_CREAT, 0600));
    TRY(write_all(events.get(), *meanwhile, world.paths.events()));
  }
  for (const auto& [service, record] : world.records) TRY(world.state.keep(record));
  world.kernel_changed = true;
  return {};
}

void note_pins(World& world, const std::string& owner) {
  for (const Pin& pin : pins_of(world, owner)) world.pins[pin.path] = engine::pin_mark(pin.path);
}

void forget_pins(World& world, const std::string& owner) {
  const std::string ipc = world.pin(owner, "ipc");
  for (const std::string& path : {world.pin(owner, "net"), world.pin(owner, "uts"), ipc})
    world.pins.erase(path);
  world.pins.erase(engine::shared_memory_of(ipc));
}

std::string lost_pins(World& world, const std::string& owner) {
  std::string lost;
  for (const Pin& pin : pins_of(world, owner)) {
    // Made by a reconciler that kept no marks.
    if (!world.pins.contains(pin.path)) world.pins[pin.path] = engine::pin_mark(pin.path);
    if (!is_as_made(world, pin)) lost += (lost.empty() ? "" : ", ") + pin.kind;
  }
  return lost;
}

Result<Mended> mend_pins(World& world, const std::string& owner) {
  const std::vector<Pin> pins = pins_of(world, owner);
  std::string lost;
  for (const Pin& pin : pins)
    if (!is_as_made(world, pin) && !TRY(mend(world, owner, pin, pins).with("namespaces of " + owner)))
      lost += (lost.empty() ? "" : ", ") + pin.kind;
  if (lost.empty()) return Mended::yes;
  make_anew(world, owner, lost);
  return Mended::by_making_anew;
}

}  // namespace stack
