#include "core/reconcile/feasibility.h"

#include "core/engine/devices.h"
#include "core/engine/launch.h"
#include "core/engine/security.h"
#include "net/links.h"

namespace stack {
namespace {

std::string place_of(const ServiceSpec& service, const std::string& key) {
  const auto it = service.positions.find(key);
  if (it == service.positions.end()) return service.name + ": ";
  return it->second.file + ":" + std::to_string(it->second.line) + ":" + std::to_string(it->second.column) +
         ": " + service.name + ": ";
}

void check_service(const World& world, const ServiceSpec& service, std::vector<std::string>& faults) {
  for (const std::string& words : world.cgroups->unsupported(service.resources)) {
    // The words begin with the key as the file calls it.
    faults.push_back(place_of(service, words.substr(0, words.find_first_of(": "))) + words);
  }
  const auto devices = engine::device_policy(service);
  if (!devices) faults.push_back(place_of(service, "devices") + devices.error().words);
  const auto sysctls = engine::check_sysctls(service);
  if (!sysctls) faults.push_back(place_of(service, "sysctls") + sysctls.error().words);
  for (const auto& [key, attachment] : service.networks)
    for (const auto& [sysctl, value] : attachment.sysctls)
      if (!net::has_interface_sysctl(sysctl))
        faults.push_back(place_of(service, "networks") + "network \"" + key + "\": this kernel has no \"" +
                         sysctl + "\"");
  const auto capabilities = security::capabilities(service);
  if (!capabilities) {
    faults.push_back(place_of(service, "cap_add") + capabilities.error().words);
    return;
  }
  const auto program = security::seccomp_program(service, *capabilities);
  if (!program) faults.push_back(place_of(service, "security_opt") + program.error().words);
}

}  // namespace

std::vector<std::string> infeasible(const World& world, const StackSpec& spec) {
  std::vector<std::string> faults;
  for (const auto& [name, service] : spec.services) check_service(world, service, faults);
  return faults;
}

}  // namespace stack
