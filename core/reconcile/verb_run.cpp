// `run`: a one-off joins what the stack should be.
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/reconcile/feasibility.h"
#include "core/reconcile/file_contents.h"
#include "core/reconcile/one_off_traces.h"
#include "core/reconcile/one_offs.h"
#include "core/reconcile/port_reservations.h"
#include "core/reconcile/reconciler.h"
#include "core/sys/signals.h"
#include "specs/canonical.h"
#include "specs/effective.h"
#include "specs/one_off.h"
#include "specs/text.h"

namespace stack {
namespace {

using nlohmann::json;

// With a descriptor each, the lifeline first; -d has that alone.
constexpr std::size_t kMostDescriptors = 4;

Result<std::vector<UniqueFd>> own(const std::vector<UniqueFd>& fds) {
  std::vector<UniqueFd> owned;
  for (const UniqueFd& fd : fds) {
    owned.emplace_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
    if (!owned.back()) return os_error("keep the client's descriptors");
  }
  return owned;
}

Result<void> check_name(const World& world, const std::string& name) {
  bool taken = false;
  for (const auto& [service, record] : world.records) taken = taken || record.name == name;
  for (const auto& [service, container] : world.desired.containers)
    taken = taken || container.spec->container_name == name;
  if (taken) return fault("the name \"" + name + "\" is taken: choose another, or remove that container");
  return {};
}

// The services that are to run before it.
std::set<std::string> started_before(const StackSpec& file, const std::string& one_off) {
  std::set<std::string> names = with_dependencies(file, {one_off});
  names.erase(one_off);
  return names;
}

}  // namespace

// Asked again by a client whose reconciler died before it answered, it is the same one-off.
Result<void> Reconciler::verb_run(const SessionPtr& session, const json& request,
                                  const std::vector<UniqueFd>& fds) {
  session->wants_progress = true;
  const std::string name = request.at("name").get<std::string>();
  if (!world_.records.contains(name)) TRY(begin_one_off(request, fds));
  runs_.attach(session, name);
  return {};
}

Result<ContainerRecord> Reconciler::one_off_record(const json& request, const StackSpec& file) const {
  ContainerRecord record;
  record.service = request.at("name").get<std::string>();
  const auto service = file.services.find(record.service);
  if (!is_one_off(record.service) || service == file.services.end())
    return fault("\"" + record.service + "\" is no one-off of the file");
  record.name = service->second.container_name;
  TRY(check_name(world_, record.name));
  record.id = request.at("id").get<std::string>();
  record.state = ContainerState::created;
  record.boot_id = world_.boot_id;
  record.created_ns = realtime_ns();
  OneOff& one = record.one_off.emplace();
  one.needs = needs_of(file, record.service);
  TRY(choose_free_ports(one.needs, nullptr));
  one.remove = request.value("remove", false);
  one.detach = request.value("detach", false);
  one.held = true;
  return record;
}

Result<void> Reconciler::begin_one_off(const json& request, const std::vector<UniqueFd>& fds) {
  if (down_) return fault("stack \"" + world_.project + "\" is going down");
  // Else the services that the user has would count as none.
  if (!world_.intent && ::access(world_.paths.intent().c_str(), F_OK) == 0)
    return fault(
        "what the stack should be cannot be restored just now: see the journal, or bring it up again");
  if (fds.empty() || fds.size() > kMostDescriptors) return fault("run needs the descriptors of its client");
  const StackSpec file = TRY(from_wire(request.at("spec").get<std::string>()));
  if (file.name != world_.project) return fault("the file is of stack \"" + file.name + "\"");
  ContainerRecord record = TRY(one_off_record(request, file));
  const std::string name = record.service;
  const std::set<std::string> start = started_before(file, name);
  Intent intent = leaning_on(world_.intent, file, name, start);
  std::vector<std::string> faults = infeasible(world_, intent.spec);
  for (std::string& words : infeasible(world_, record.one_off->needs)) faults.push_back(std::move(words));
  if (!faults.empty()) return fault(joined(faults, "\n"));
  TRY(look_at_all());
  if (request.value("remove_orphans", false)) drop_ended_one_offs();
  std::set<std::string> contents_of = start;
  contents_of.insert(name);
  TRY(add_contents(world_.paths, request.value("contents", std::map<std::string, std::string>{}), file,
                   contents_of));
  // Before the record: whoever finds that finds its client too.
  TRY(keep_descriptors(world_, name, TRY(own(fds))));
  world_.records[name] = std::move(record);
  const Result<void> accepted = accept(std::move(intent));
  if (!accepted) {
    world_.records.erase(name);
    TRY(world_.state.drop(name));
    TRY(drop_descriptors(world_, name));
    return accepted;
  }
  revive(start, Revive::unfinished);
  return runs_.watch(name);
}

// A signal that the client was sent, which is for the program. One that comes before or after its life is
// lost.
Result<void> Reconciler::verb_signal(const json& request) {
  const std::string name = request.at("run").get<std::string>();
  const auto number = signal_number(request.value("signal", ""));
  if (!number || !is_one_off(name) || !world_.processes.contains(name)) return {};
  return containers_.signal(name, *number);
}

// As Compose's orphans: nothing is to be left of those that have ended.
void Reconciler::drop_ended_one_offs() {
  for (auto& [name, record] : world_.records)
    if (record.one_off && record.state == ContainerState::exited) record.one_off->remove = true;
}

}  // namespace stack
