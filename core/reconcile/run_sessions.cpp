#include "core/reconcile/run_sessions.h"

#include <fcntl.h>

#include <nlohmann/json.hpp>

#include "core/reconcile/one_off_traces.h"
#include "core/reconcile/waiters.h"

namespace stack {
namespace {

constexpr int kUnknownCode = 255;

// What ended it, where that is more than the program's own exit.
std::string error_of(const ContainerRecord& record) {
  if (record.started_ns == 0) return record.exit_reason;
  if (!record.exit->known) return record.name + " has ended, and its exit code is unknown";
  return record.exit->oom ? record.name + ": " + record.exit_reason : "";
}

bool ran(const ContainerRecord& record) {
  return record.state == ContainerState::running || record.started_ns != 0;
}

}  // namespace

void RunSessions::attach(const std::shared_ptr<Session>& session, const std::string& one_off) {
  if (!world_.records.contains(one_off))
    return session->result(kUnknownCode, "one-off \"" + one_off + "\" is gone, and its exit code is unknown");
  runs_[one_off] = {session, false, std::nullopt, ""};
  session->wants_progress = true;
  session->send({{"event", "accepted"}});
  changed(one_off);
  world_.wake();
}

Result<void> RunSessions::watch(const std::string& one_off) {
  const auto kept = world_.stored.find(lifeline_key(one_off));
  if (kept == world_.stored.end() || kept->second.empty()) return fault("its client is gone");
  const int fd = ::fcntl(kept->second[0].get(), F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return os_error("watch the client of " + one_off);
  auto& lifeline = lifelines_[one_off];
  lifeline = std::make_unique<boost::asio::posix::stream_descriptor>(world_.io, fd);
  lifeline->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this, one_off](const boost::system::error_code& error) {
                         if (!error) client_gone(one_off);
                       });
  return {};
}

void RunSessions::adopt() {
  // Of a client who was not answered: it asks again, and brings them again, if it still lives.
  std::vector<std::string> unclaimed;
  for (const auto& [key, fds] : world_.stored)
    if (const auto name = one_off_of_key(key); name && !world_.records.contains(*name))
      unclaimed.push_back(*name);
  // Fails only where the keeper is dead: its successor is told what we hold.
  for (const std::string& name : unclaimed) static_cast<void>(drop_descriptors(world_, name));
  for (auto& [name, record] : world_.records) {
    if (!record.one_off || !record.one_off->held) continue;
    if (record.state != ContainerState::created) keep_lifeline_alone(world_, name);
    // Lost with both the keeper and the reconciler: nobody knows whether the client lives.
    if (!watch(name)) abandon(record);
  }
}

void RunSessions::client_gone(const std::string& one_off) {
  lifelines_.erase(one_off);
  const auto record = world_.records.find(one_off);
  if (record == world_.records.end()) return;
  abandon(record->second);
}

void RunSessions::abandon(ContainerRecord& record) {
  if (record.state != ContainerState::exited) record.one_off->abandoned = true;
  let_go(record);
}

void RunSessions::let_go(ContainerRecord& record) {
  lifelines_.erase(record.service);
  record.one_off->held = false;
  // Fails only where the keeper is dead: its successor is told what we hold.
  static_cast<void>(drop_descriptors(world_, record.service));
  world_.save(record);
  world_.wake();
}

void RunSessions::changed(const std::string& one_off) {
  const auto run = runs_.find(one_off);
  const auto record = world_.records.find(one_off);
  if (run == runs_.end() || record == world_.records.end() || !record->second.one_off) return;
  if (!run->second.announced && ran(record->second)) announce(one_off, run->second);
  if (record->second.state == ContainerState::exited) tell_end(record->second, run->second);
}

void RunSessions::announce(const std::string& one_off, Run& run) {
  run.announced = true;
  ContainerRecord& record = world_.records.at(one_off);
  const auto session = run.session.lock();
  if (session) {
    session->send({{"event", "started"}, {"id", record.id}});
    session->wants_progress = false;
  }
  if (!record.one_off->detach) return;
  run.code = 0;  // settle() says so, and whoever started it may go
  let_go(record);
}

void RunSessions::tell_end(ContainerRecord& record, Run& run) {
  if (run.code) return;
  run.code = record.exit->known ? record.exit->code : kUnknownCode;
  run.error = error_of(record);
  const auto session = run.session.lock();
  if (!session || !session->open()) return;
  session->send({{"event", "exited"}, {"code", *run.code}, {"error", run.error}});
  record.one_off->told = true;
  world_.wake();
}

bool RunSessions::waits(const std::string& one_off) const {
  const auto record = world_.records.find(one_off);
  return record != world_.records.end() && record->second.state == ContainerState::created &&
         !record->second.one_off->abandoned;
}

void RunSessions::failed(const std::string& words) {
  std::erase_if(runs_, [&](auto& entry) {
    if (!waits(entry.first)) return false;
    if (const auto session = entry.second.session.lock()) session->result(1, words);
    abandon(world_.records.at(entry.first));
    return true;
  });
}

// Why it will not be started, or "".
std::string RunSessions::why_never(const std::string& one_off, const Observed& seen, const Plan& plan) const {
  Waiter waiter;
  const ServiceSpec& spec = world_.records.at(one_off).one_off->needs.services.at(one_off);
  for (const auto& [name, dependency] : spec.depends_on)
    if (dependency.required) waiter.services.insert(name);
  waiter.services.insert(one_off);
  return judge(waiter, world_, seen, plan).failure;
}

// The result comes last: who gets it finds no more of an --rm one, and the others' namespaces gone.
void RunSessions::settle(const Observed& seen, const Plan& plan) {
  std::erase_if(runs_, [&](auto& entry) {
    auto& [name, run] = entry;
    const auto session = run.session.lock();
    if (!session || !session->open()) return true;
    const auto found = world_.records.find(name);
    if (found == world_.records.end()) {
      session->result(run.code.value_or(kUnknownCode),
                      run.code ? run.error : "one-off \"" + name + "\" is gone");
      return true;
    }
    ContainerRecord& record = found->second;
    if (run.code && (record.one_off->detach || !record.one_off->remove)) {
      session->result(*run.code, run.error);
      return true;
    }
    const std::string failure = waits(name) ? why_never(name, seen, plan) : "";
    if (failure.empty()) return false;
    session->result(1, failure);
    abandon(record);
    return true;
  });
}

}  // namespace stack
