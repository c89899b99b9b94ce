#include "core/reconcile/health.h"

#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/engine/launch.h"
#include "core/reconcile/exec_launch.h"
#include "core/reconcile/process_identity.h"
#include "core/reconcile/update_faults.h"
#include "core/sys/syscalls.h"
#include "specs/effective.h"

namespace stack {
namespace {

constexpr char kPrefix[] = "health/";

const Healthcheck* healthcheck_of(const World& world, const std::string& service) {
  const auto want = world.desired.containers.find(service);
  return want == world.desired.containers.end() ? nullptr : active_check(*want->second.spec);
}

}  // namespace

void HealthMonitor::begin(const std::string& service) {
  end(service);
  if (healthcheck_of(world_, service) == nullptr) return;
  if (world_.records.at(service).paused) return;  // `unpause` begins them again
  checks_[service] = std::make_unique<Checks>(world_.io);
  ContainerRecord& record = world_.records.at(service);
  if (record.health == Health::none) record.health = Health::starting;
  schedule(service);
}

void HealthMonitor::changed(const std::string& service) {
  end(service);
  ContainerRecord& record = world_.records.at(service);
  record.health = Health::none;
  begin(service);
  world_.changed(service);
}

void HealthMonitor::end(const std::string& service) {
  const auto it = checks_.find(service);
  if (it == checks_.end()) return;
  if (it->second->probe) pidfd_send_signal(it->second->probe->pidfd.get(), SIGKILL);
  checks_.erase(it);
}

bool HealthMonitor::in_start_period(const std::string& service) const {
  const ContainerRecord& record = world_.records.at(service);
  const Healthcheck* check = healthcheck_of(world_, service);
  return record.health == Health::starting &&
         monotonic_ns() - record.started_mono_ns < timing_of(*check).start_period.count();
}

Nanoseconds HealthMonitor::next_delay(const std::string& service, Checks& checks) const {
  const CheckTiming check = timing_of(*healthcheck_of(world_, service));
  if (world_.records.at(service).health != Health::starting) return check.interval;
  const Nanoseconds longest =
      in_start_period(service) ? std::min(check.start_interval, check.interval) : check.interval;
  if (checks.early >= longest) return longest;
  return std::exchange(checks.early, checks.early * 2);
}

void HealthMonitor::schedule(const std::string& service) {
  const auto it = checks_.find(service);
  if (it == checks_.end() || healthcheck_of(world_, service) == nullptr)
    return;  // taken out of the file meanwhile
  Checks& checks = *it->second;
  checks.timer.expires_after(next_delay(service, checks));
  checks.timer.async_wait([this, service](const boost::system::error_code& error) {
    if (!error) probe(service);
  });
}

void HealthMonitor::probe(const std::string& service) {
  const Healthcheck* check = healthcheck_of(world_, service);
  const auto it = checks_.find(service);
  if (check == nullptr || it == checks_.end()) return;
  Checks& checks = *it->second;
  const Result<void> began = start_probe(service, checks);
  if (!began) return judge(service, false, began.error().words);
  checks.timed_out = false;
  checks.timer.expires_after(timing_of(*check).timeout);
  checks.timer.async_wait([this, service](const boost::system::error_code& error) {
    if (!error) out_of_time(service);
  });
}

void HealthMonitor::out_of_time(const std::string& service) {
  const auto it = checks_.find(service);
  if (it == checks_.end() || !it->second->probe) return;
  it->second->timed_out = true;
  pidfd_send_signal(it->second->probe->pidfd.get(), SIGKILL);
}

Result<void> HealthMonitor::start_probe(const std::string& service, Checks& checks) {
  engine::ExecLaunch launch =
      TRY(exec_launch(world_, *world_.desired.containers.at(service).spec, Privileges::of_service));
  launch.argv = launch.service->healthcheck->test;
  engine::Pending pending = TRY(engine::start_exec(launch));
  keeper::Watch watch;
  watch.name = kPrefix + service;
  watch.pid = pending.pid;
  watch.start_time = TRY(start_time_of(pending.pid));
  TRY(world_.keeper->watch(watch, pending.pidfd.get(), -1, -1));
  TRY(engine::release(pending));
  checks.probe = std::move(pending);
  return {};
}

bool HealthMonitor::exited(const keeper::Exit& exit) {
  if (!exit.name.starts_with(kPrefix)) return false;
  const std::string service = exit.name.substr(sizeof kPrefix - 1);
  const auto it = checks_.find(service);
  // One of an earlier run, or from before a pause, which has held it up.
  if (it == checks_.end() || !it->second->probe || it->second->probe->pid != exit.pid) return true;
  const Result<void> ran = engine::outcome(*it->second->probe);
  it->second->probe.reset();
  it->second->timer.cancel();
  const bool passed = exit.known && !exit.signaled && exit.status == 0;
  std::string words = exit.signaled ? "health check ended by a signal"
                                    : "health check exited with " + std::to_string(exit.status);
  if (!ran) words = ran.error().words;
  if (it->second->timed_out) words = "health check timed out";
  judge(service, passed, words);
  return true;
}

void HealthMonitor::judge(const std::string& service, bool passed, const std::string& words) {
  const auto it = checks_.find(service);
  const Healthcheck* check = healthcheck_of(world_, service);
  if (check == nullptr || it == checks_.end()) return;
  Checks& checks = *it->second;
  const bool early = in_start_period(service) || (world_.records.at(service).health == Health::starting &&
                                                  checks.early < timing_of(*check).interval);
  if (passed) {
    checks.failures = 0;
    set_health(service, Health::healthy, "");
  } else if (!early && ++checks.failures >= timing_of(*check).retries) {
    set_health(service, Health::unhealthy, words);
  }
  schedule(service);
}

void HealthMonitor::set_health(const std::string& service, Health health, const std::string& words) {
  ContainerRecord& record = world_.records.at(service);
  if (record.health == health) return;
  if (health == Health::unhealthy && is_monitored(world_, record)) note_update_fault(world_, record, words);
  record.health = health;
  world_.save(record);
  if (health == Health::healthy)
    world_.tell({"Container " + record.name, "done", "Healthy", ""});
  else
    world_.tell({"Container " + record.name, "error", "Unhealthy", words});
  world_.changed(service);
  world_.wake();
}

}  // namespace stack
