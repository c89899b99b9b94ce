#include "core/reconcile/one_offs.h"

#include "specs/effective.h"
#include "specs/one_off.h"

namespace stack {
namespace {

bool is_over(const ContainerRecord& record) {
  return record.state == ContainerState::exited;
}

bool is_to_run(const ContainerRecord& record) {
  return !is_over(record) && !record.one_off->abandoned;
}

// Nothing is to be left of it. Who waits for its end is told first: the record is the only one who knows it.
bool is_to_go(const ContainerRecord& record) {
  const OneOff& one = *record.one_off;
  if (!has_begun(record.state)) return one.abandoned;
  return is_over(record) && one.remove && (!one.held || one.told);
}

// By name, its namespaces' owners too: whom it cannot be without.
std::set<std::string> leant_on(const StackSpec& file, const std::string& one_off) {
  const ServiceSpec& service = file.services.at(one_off);
  std::vector<std::string> names;
  for (const auto& [name, dependency] : service.depends_on) names.push_back(name);
  for (const NamespaceMode* mode : {&service.network_mode, &service.ipc, &service.pid, &service.uts})
    if (mode->kind == NamespaceMode::Kind::service) names.push_back(mode->name);
  return with_dependencies(file, names);
}

template <typename Of>
void add_files(const std::vector<FileMount>& mounts, const std::map<std::string, Of>& from,
               std::map<std::string, Of>& to) {
  for (const FileMount& mount : mounts)
    if (const auto source = from.find(mount.source); source != from.end())
      to.insert_or_assign(source->first, source->second);
}

// What a service needs of its file beside other services. Networks that are there stay as they are: others
// live on them.
void add_needs(const StackSpec& file, const ServiceSpec& service, StackSpec& to) {
  for (const auto& [key, attachment] : service.networks)
    if (const auto network = file.networks.find(key); network != file.networks.end())
      to.networks.insert(*network);
  add_files(service.configs, file.configs, to.configs);
  add_files(service.secrets, file.secrets, to.secrets);
}

bool same_port(const PublishedPort& a, const PublishedPort& b) {
  const bool same_address = a.host_ip.empty() || b.host_ip.empty() || a.host_ip == b.host_ip;
  return a.published != 0 && a.published == b.published && a.protocol == b.protocol && same_address;
}

}  // namespace

Whole with_one_offs(const StackSpec& spec, const std::set<std::string>& stopped, const Records& records) {
  Whole whole{spec, stopped};
  for (const auto& [name, record] : records) {
    if (!record.one_off || is_to_go(record)) continue;
    const StackSpec& needs = record.one_off->needs;
    ServiceSpec& service = whole.spec.services[name] = needs.services.at(name);
    if (!is_to_run(record)) {
      whole.stopped.insert(name);
      service.ports.clear();
      continue;
    }
    whole.spec.networks.insert(needs.networks.begin(), needs.networks.end());
    whole.spec.configs.insert(needs.configs.begin(), needs.configs.end());
    whole.spec.secrets.insert(needs.secrets.begin(), needs.secrets.end());
  }
  return whole;
}

bool one_offs_changed(const Desired& desired, const Records& records) {
  for (const auto& [name, record] : records) {
    if (!record.one_off) continue;
    const auto want = desired.containers.find(name);
    const bool is_there = want != desired.containers.end();
    if (is_there == is_to_go(record)) return true;
    if (is_there && want->second.wanted_running != is_to_run(record)) return true;
  }
  for (const auto& [name, container] : desired.containers)
    if (container.once && !records.contains(name)) return true;
  return false;
}

void lend_addresses(const Records& records, AddressBook& book) {
  for (const auto& [name, record] : records) {
    if (!record.one_off) continue;
    for (const auto& [network, address] : record.one_off->addresses) book.endpoints[network][name] = address;
  }
}

void take_addresses(AddressBook& book, Records& records) {
  for (auto& [name, record] : records)
    if (record.one_off) record.one_off->addresses.clear();
  for (auto& [network, owners] : book.endpoints) {
    std::erase_if(owners, [&, &key = network](const auto& owner) {
      if (!is_one_off(owner.first)) return false;
      if (const auto record = records.find(owner.first); record != records.end() && record->second.one_off)
        record->second.one_off->addresses[key] = owner.second;
      return true;
    });
  }
  std::erase_if(book.endpoints, [](const auto& network) { return network.second.empty(); });
}

Intent leaning_on(const std::optional<Intent>& before, const StackSpec& file, const std::string& one_off,
                  const std::set<std::string>& start) {
  Intent intent;
  if (before) {
    intent = *before;
  } else {
    intent.spec = file;
    intent.spec.services.erase(one_off);
    for (const auto& [name, service] : intent.spec.services) intent.stopped.insert(name);
  }
  for (const std::string& name : leant_on(file, one_off)) {
    const ServiceSpec& service = file.services.at(name);
    const bool is_there = intent.spec.services.contains(name);
    if (start.contains(name)) {
      intent.spec.services[name] = service;
      intent.stopped.erase(name);
    } else if (!is_there) {
      intent.spec.services[name] = service;
      intent.stopped.insert(name);
    } else {
      continue;
    }
    add_needs(file, service, intent.spec);
  }
  return intent;
}

StackSpec needs_of(const StackSpec& file, const std::string& one_off) {
  StackSpec needs;
  needs.name = file.name;
  needs.services[one_off] = file.services.at(one_off);
  add_needs(file, needs.services[one_off], needs);
  return needs;
}

std::vector<std::string> port_conflicts(const Whole& whole) {
  std::vector<std::string> words;
  for (const auto& [name, one] : whole.spec.services) {
    if (!is_one_off(name)) continue;
    for (const auto& [other, service] : whole.spec.services) {
      // Of two one-offs the pair is told once.
      if (whole.stopped.contains(other) || other == name || (is_one_off(other) && other < name)) continue;
      for (const PublishedPort& port : one.ports)
        for (const PublishedPort& taken : service.ports)
          if (same_port(port, taken))
            words.push_back("port " + std::to_string(port.published) + "/" + port.protocol +
                            " of one-off \"" + one.container_name + "\" is published by \"" +
                            service.container_name + "\" too");
    }
  }
  return words;
}

}  // namespace stack
