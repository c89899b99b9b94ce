#include "specs/effective.h"

namespace stack {

std::vector<std::string> argv_of(const ServiceSpec& service) {
  std::vector<std::string> argv = service.entrypoint.value_or(std::vector<std::string>{});
  if (service.command) argv.insert(argv.end(), service.command->begin(), service.command->end());
  return argv;
}

const Healthcheck* active_check(const ServiceSpec& service) {
  const bool active =
      service.healthcheck && !service.healthcheck->disable && !service.healthcheck->test.empty();
  return active ? &*service.healthcheck : nullptr;
}

CheckTiming timing_of(const Healthcheck& check) {
  using std::chrono::seconds;
  return {check.interval.value_or(seconds(30)), check.timeout.value_or(seconds(30)),
          check.start_period.value_or(seconds(0)), check.start_interval.value_or(seconds(5)),
          check.retries.value_or(3)};
}

std::string stop_signal_of(const ServiceSpec& service) {
  return service.stop_signal.empty() ? "SIGTERM" : service.stop_signal;
}

std::set<std::string> with_dependencies(const StackSpec& spec, const std::vector<std::string>& names) {
  std::set<std::string> chosen;
  std::vector<std::string> open = names;
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    const auto service = spec.services.find(name);
    if (service == spec.services.end() || !chosen.insert(name).second) continue;
    for (const auto& [on, dependency] : service->second.depends_on) open.push_back(on);
  }
  return chosen;
}

}  // namespace stack
