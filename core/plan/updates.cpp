#include "core/plan/updates.h"

#include <algorithm>

#include "specs/one_off.h"
#include "specs/replicas.h"

namespace stack {
namespace {

constexpr std::int64_t kProvenNs = 1'000'000'000;

const ObservedContainer& observed_of(const Observed& observed, const std::string& service) {
  static const ObservedContainer kAbsent;
  const auto it = observed.containers.find(service);
  return it == observed.containers.end() ? kAbsent : it->second;
}

// Those of its service, itself too, that are to run: by number.
std::vector<std::string> siblings_of(const Desired& desired, const std::string& service) {
  std::vector<std::string> siblings;
  for (const auto& [name, want] : desired.containers)
    if (!want.once && want.wanted_running && service_behind(name) == service_behind(service))
      siblings.push_back(name);
  std::sort(siblings.begin(), siblings.end(),
            [](const auto& a, const auto& b) { return number_of(a) < number_of(b); });
  return siblings;
}

bool has_failed(const DesiredContainer& wanted, const ObservedContainer& container) {
  return !made_otherwise(wanted, container) && !container.update_fault.empty();
}

// It is on its way already: held up, it would only be missing for longer.
bool is_under_way(const ObservedContainer& container) {
  return container.state == ContainerState::stopping ||
         (container.state == ContainerState::exited && container.restarting);
}

// What is not so yet of a container that is made as it should be; "" where it is.
std::string unsettled(const std::string& name, const DesiredContainer& wanted,
                      const ObservedContainer& container) {
  if (container.state == ContainerState::exited && !container.restarting) return "";
  if (container.state != ContainerState::running) return name + " to run";
  if (container.health == Health::starting) return name + " to be healthy";
  const bool hooked = static_cast<std::size_t>(container.post_start_done) >= wanted.spec->post_start.size();
  return hooked ? "" : "post_start of " + name;
}

// By its health check or its update's monitor; else it has to have run for a moment, for a program that ends
// at once is running, too, when it has just been started.
std::int64_t proven_at(const Desired& desired, const ObservedContainer& container,
                       const DesiredContainer& wanted) {
  const std::int64_t monitored = monitored_until(desired, container, wanted);
  if (monitored != 0 || container.health == Health::healthy) return monitored;
  return container.started_mono_ns + kProvenNs;
}

}  // namespace

bool made_otherwise(const DesiredContainer& wanted, const ObservedContainer& container) {
  return !wanted.once && wanted.hash != container.hash;
}

const UpdateConfig* update_config_of(const Desired& desired, const DesiredContainer& container) {
  static const UpdateConfig kDefault;
  const ServiceSpec& spec = *container.spec;
  if (container.once) return nullptr;
  if (!desired.rolled_back) return spec.update_config ? &*spec.update_config : nullptr;
  if (spec.rollback_config) return &*spec.rollback_config;
  return spec.update_config ? &kDefault : nullptr;
}

std::string update_failure(const Desired& desired, const Observed& observed, const std::string& service) {
  const UpdateConfig* config = update_config_of(desired, desired.containers.at(service));
  if (config == nullptr || config->on_failure == UpdateConfig::OnFailure::go_on) return "";
  std::uint64_t failed = 0;
  std::string words;
  const std::vector<std::string> siblings = siblings_of(desired, service);
  for (const std::string& name : siblings) {
    const ObservedContainer& container = observed_of(observed, name);
    if (!has_failed(desired.containers.at(name), container)) continue;
    ++failed;
    if (words.empty()) words = numbered_name(name) + ": " + container.update_fault;
  }
  return failed * 1'000'000'000 > config->max_failure_ratio * siblings.size() ? words : "";
}

std::int64_t monitored_until(const Desired& desired, const ObservedContainer& container,
                             const DesiredContainer& wanted) {
  const UpdateConfig* config = update_config_of(desired, wanted);
  if (config == nullptr || !container.updated || !container.update_fault.empty()) return 0;
  if (container.state == ContainerState::exited && !container.restarting) return 0;
  if (!unsettled("", wanted, container).empty()) return kOpenEnd;
  return container.started_mono_ns + config->monitor.count();
}

bool is_good(const Desired& desired, const Observed& observed, std::int64_t now_ns) {
  return std::all_of(desired.containers.begin(), desired.containers.end(), [&](const auto& one) {
    const auto& [name, wanted] = one;
    if (wanted.once || !wanted.wanted_running) return true;
    const ObservedContainer& container = observed_of(observed, name);
    if (made_otherwise(wanted, container) || !container.update_fault.empty()) return false;
    if (container.state == ContainerState::exited)
      return !container.restarting && container.exit && container.exit->known && container.exit->code == 0;
    const bool settled = unsettled(name, wanted, container).empty() && container.health != Health::unhealthy;
    return settled && proven_at(desired, container, wanted) <= now_ns;
  });
}

UpdateTurn turn_of(const Desired& desired, const Observed& observed, const std::string& service) {
  UpdateTurn turn;
  const UpdateConfig* config = update_config_of(desired, desired.containers.at(service));
  if (config == nullptr || is_under_way(observed_of(observed, service))) return turn;
  const std::string failure = update_failure(desired, observed, service);
  if (!failure.empty()) {
    turn.impossible = "update " + std::string(desired.rolled_back ? "back " : "") + "paused: " + failure;
    return turn;
  }
  std::vector<std::string> due;  // without those that stand still, whoever of them
  for (const std::string& name : siblings_of(desired, service)) {
    const DesiredContainer& wanted = desired.containers.at(name);
    const ObservedContainer& container = observed_of(observed, name);
    if (container.state == ContainerState::stopping) {
      turn.waits.push_back(numbered_name(name) + " to end");
    } else if (has_begun(container.state) && made_otherwise(wanted, container)) {
      due.push_back(name);
    } else if (const std::string wait = unsettled(numbered_name(name), wanted, container);
               !wait.empty() && container.update_fault.empty()) {
      turn.waits.push_back(wait);
    } else if (const std::int64_t until = monitored_until(desired, container, wanted); until != 0) {
      turn.not_before_ns = std::max(turn.not_before_ns, until + config->delay.count());
    }
  }
  const auto place = static_cast<std::size_t>(std::find(due.begin(), due.end(), service) - due.begin());
  const auto batch = static_cast<std::size_t>(config->parallelism);
  if (batch != 0 && place >= batch)
    turn.waits.push_back(numbered_name(due[place - batch]) + " to be made anew");
  return turn;
}

}  // namespace stack
