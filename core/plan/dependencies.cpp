#include "core/plan/dependencies.h"

#include <functional>

namespace stack {
namespace {

const ObservedContainer& observed_of(const Observed& observed, const std::string& service) {
  static const ObservedContainer kAbsent;
  const auto it = observed.containers.find(service);
  return it == observed.containers.end() ? kAbsent : it->second;
}

std::string ended(const std::string& name, const ExitRecord& exit) {
  if (!exit.known) return name + " ended with an unknown exit code";
  return name + " exited with code " + std::to_string(exit.code);
}

bool ended_for_good(const ObservedContainer& container) {
  return container.state == ContainerState::exited && !container.restarting;
}

// It counts as started when its post_start hooks have run, too.
void judge_hooks(const std::string& name, const DesiredContainer& wanted, const ObservedContainer& container,
                 DependencyVerdict& verdict) {
  if (static_cast<std::size_t>(container.post_start_done) >= wanted.spec->post_start.size()) return;
  verdict.waits.push_back("post_start of " + name);
  if (!container.hook_fault.empty())
    verdict.impossible = "dependency failed to start: " + name + ": " + container.hook_fault;
}

void judge(const std::string& name, const Dependency& dependency, const DesiredContainer& wanted,
           const ObservedContainer& container, DependencyVerdict& verdict) {
  const bool running = container.state == ContainerState::running;
  const bool current = container.hash == wanted.hash;
  switch (dependency.condition) {
    case DependsCondition::service_started:
      if (current && ended_for_good(container)) return;
      if (current && running) return judge_hooks(name, wanted, container, verdict);
      verdict.waits.push_back(name + " to be started");
      return;
    case DependsCondition::service_healthy:
      if (current && running && container.health == Health::healthy)
        return judge_hooks(name, wanted, container, verdict);
      verdict.waits.push_back(name + " to be healthy");
      if (current && ended_for_good(container) && container.exit)
        verdict.impossible = "dependency failed to start: " + ended(name, *container.exit);
      else if (current && running && container.health == Health::unhealthy)
        verdict.impossible = "dependency failed to start: " + name + " is unhealthy";
      return;
    case DependsCondition::service_completed_successfully:
      if (current && ended_for_good(container) && container.exit && container.exit->known &&
          container.exit->code == 0)
        return;
      verdict.waits.push_back(name + " to complete");
      if (current && ended_for_good(container) && container.exit)
        verdict.impossible = "dependency did not complete successfully: " + ended(name, *container.exit);
      return;
  }
}

}  // namespace

DependencyVerdict dependencies_of(const Desired& desired, const Observed& observed,
                                  const std::string& service) {
  DependencyVerdict verdict;
  for (const auto& [name, dependency] : desired.containers.at(service).spec->depends_on) {
    const auto wanted = desired.containers.find(name);
    // Not in the file and not required; or stopped by hand, or left out with --no-deps: nobody waits for what
    // is not wanted.
    if (wanted == desired.containers.end() || !wanted->second.wanted_running) continue;
    DependencyVerdict one;
    judge(name, dependency, wanted->second, observed_of(observed, name), one);
    if (!dependency.required && !one.impossible.empty()) continue;
    verdict.waits.insert(verdict.waits.end(), one.waits.begin(), one.waits.end());
    if (verdict.impossible.empty()) verdict.impossible = one.impossible;
  }
  return verdict;
}

std::vector<std::string> start_order(const Desired& desired) {
  std::vector<std::string> order;
  std::set<std::string> seen;
  const std::function<void(const std::string&)> visit = [&](const std::string& service) {
    const auto it = desired.containers.find(service);
    if (it == desired.containers.end() || !seen.insert(service).second) return;
    for (const auto& [name, dependency] : it->second.spec->depends_on) visit(name);
    order.push_back(service);
  };
  for (const auto& [service, container] : desired.containers) visit(service);
  return order;
}

}  // namespace stack
