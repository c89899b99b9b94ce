#include "core/reconcile/record.h"

#include <nlohmann/json.hpp>

#include "core/sys/dir.h"
#include "core/sys/files.h"
#include "specs/canonical.h"

namespace stack {
namespace {

using nlohmann::json;

json exit_to_json(const ExitRecord& exit) {
  return {{"known", exit.known}, {"code", exit.code}, {"signal", exit.signal}, {"oom", exit.oom}};
}

ExitRecord exit_from_json(const json& j) {
  return {j.at("known"), j.at("code"), j.at("signal"), j.at("oom")};
}

json one_off_to_json(const OneOff& one) {
  json addresses = json::object();
  for (const auto& [network, a] : one.addresses) addresses[network] = {a.ipv4, a.ipv6, a.mac};
  return {{"needs", to_wire(one.needs)}, {"remove", one.remove},  {"detach", one.detach}, {"held", one.held},
          {"abandoned", one.abandoned},  {"addresses", addresses}};
}

Result<OneOff> one_off_from_json(const json& j) {
  OneOff one;
  one.needs = TRY(from_wire(j.at("needs").get<std::string>()));
  one.remove = j.at("remove");
  one.detach = j.at("detach");
  one.held = j.at("held");
  one.abandoned = j.at("abandoned");
  for (const auto& [network, a] : j.at("addresses").items())
    one.addresses[network] = {a.at(0), a.at(1), a.at(2)};
  return one;
}

json to_json(const ContainerRecord& r) {
  json j{{"version", 1},
         {"service", r.service},
         {"name", r.name},
         {"id", r.id},
         {"state", static_cast<int>(r.state)},
         {"stop_asked", r.stop_asked},
         {"paused", r.paused},
         {"halted", r.halted},
         {"hash", r.hash},
         {"resources_hash", r.resources_hash},
         {"keys", r.keys},
         {"sandboxes", r.sandboxes},
         {"depends_on", r.depends_on},
         {"group", r.group},
         {"pid_owner", r.pid_owner},
         {"own_pid_namespace", r.own_pid_namespace},
         {"ids", {r.ids.base, r.ids.count}},
         {"boot_id", r.boot_id},
         {"pid", r.pid},
         {"start_time", r.start_time},
         {"times", {r.created_ns, r.started_ns, r.finished_ns, r.started_mono_ns, r.next_start_ns}},
         {"exit_reason", r.exit_reason},
         {"oom_kills", r.oom_kills},
         {"restarting", r.restarting},
         {"failures", r.failures},
         {"restarts", r.restarts},
         {"update", {r.updated, r.update_fault}},
         {"hooks", {r.post_start_done, r.pre_stop_done, r.hook_fault, r.pre_stop_of}},
         {"stop_signal", r.stop_signal},
         {"grace", r.grace.count()},
         {"health", static_cast<int>(r.health)}};
  if (r.exit) j["exit"] = exit_to_json(*r.exit);
  if (r.one_off) j["one_off"] = one_off_to_json(*r.one_off);
  return j;
}

Result<ContainerRecord> from_json(const json& j) {
  ContainerRecord r;
  r.service = j.at("service");
  r.name = j.at("name");
  r.id = j.at("id");
  r.state = static_cast<ContainerState>(j.at("state").get<int>());
  r.stop_asked = j.at("stop_asked");
  r.paused = j.value("paused", false);  // a record of an older stack has none
  r.halted = j.value("halted", false);  // nor this
  r.hash = j.at("hash");
  r.resources_hash = j.at("resources_hash");
  r.keys = j.at("keys").get<std::map<std::string, std::string>>();
  r.sandboxes = j.at("sandboxes").get<std::set<std::string>>();
  r.depends_on = j.at("depends_on").get<std::set<std::string>>();
  r.group = j.at("group");
  r.pid_owner = j.at("pid_owner");
  r.own_pid_namespace = j.at("own_pid_namespace");
  r.ids = {j.at("ids").at(0), j.at("ids").at(1)};
  r.boot_id = j.at("boot_id");
  r.pid = j.at("pid");
  r.start_time = j.at("start_time");
  const json& times = j.at("times");
  r.created_ns = times.at(0);
  r.started_ns = times.at(1);
  r.finished_ns = times.at(2);
  r.started_mono_ns = times.at(3);
  r.next_start_ns = times.at(4);
  r.exit_reason = j.at("exit_reason");
  r.oom_kills = j.at("oom_kills");
  r.restarting = j.at("restarting");
  r.failures = j.at("failures");
  r.restarts = j.at("restarts");
  r.stop_signal = j.at("stop_signal");
  r.grace = Nanoseconds(j.at("grace").get<std::int64_t>());
  r.health = static_cast<Health>(j.at("health").get<int>());
  if (const auto hooks = j.find("hooks"); hooks != j.end()) {  // a stack may have been upgraded under way
    r.post_start_done = hooks->at(0);
    r.pre_stop_done = hooks->at(1);
    r.hook_fault = hooks->at(2);
    r.pre_stop_of = hooks->at(3);
  }
  if (const auto update = j.find("update"); update != j.end()) {
    r.updated = update->at(0);
    r.update_fault = update->at(1);
  }
  if (j.contains("exit")) r.exit = exit_from_json(j.at("exit"));
  if (j.contains("one_off")) r.one_off = TRY(one_off_from_json(j.at("one_off")));
  return r;
}

bool is_record(const std::string& name) {
  return name.size() > 5 && name.ends_with(".json");
}

Result<ContainerRecord> load_record(const std::string& path) {
  const std::string text = TRY(read_file(path));
  try {
    return from_json(json::parse(text));
  } catch (const json::exception& e) {
    return fault("read \"" + path + "\": " + e.what());
  }
}

}  // namespace

ObservedContainer observed(const ContainerRecord& r) {
  ObservedContainer o;
  o.state = r.state;
  o.hash = r.hash;
  o.keys = r.keys;
  o.resources_hash = r.resources_hash;
  o.exit = r.exit;
  o.health = r.health;
  o.next_start_ns = r.next_start_ns;
  o.failures = r.failures;
  o.restarting = r.restarting;
  o.sandboxes = r.sandboxes;
  o.depends_on = r.depends_on;
  o.post_start_done = r.post_start_done;
  o.hook_fault = r.hook_fault;
  o.once = r.one_off.has_value();
  o.updated = r.updated;
  o.update_fault = r.update_fault;
  o.started_mono_ns = r.started_mono_ns;
  return o;
}

std::string record_text(const ContainerRecord& record) {
  return to_json(record).dump();
}

Result<std::map<std::string, ContainerRecord>> load_records(const Paths& paths,
                                                            std::vector<std::string>& faults) {
  std::map<std::string, ContainerRecord> records;
  const std::string folder = paths.records();
  for (const std::string& name : TRY(names_if_there(folder))) {
    if (!is_record(name)) continue;
    auto record = load_record(folder + "/" + name);
    if (!record) {
      faults.push_back(record.error().words);
      continue;
    }
    const std::string service = record->service;
    records[service] = *std::move(record);
  }
  return records;
}

}  // namespace stack
