#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "cmd/stack/down.h"
#include "cmd/stack/output.h"
#include "cmd/stack/up.h"
#include "core/control/paths.h"
#include "specs/replicas.h"

namespace stack::cmd {

using nlohmann::json;

namespace {

constexpr int kInterrupted = 130;

}  // namespace

Foreground::Foreground(const StackSpec& spec, const UpOptions& options, Interrupts& interrupts,
                       Progress& progress, SourceWatch* sources)
    : spec_(spec),
      options_(options),
      interrupts_(interrupts),
      progress_(progress),
      sources_(sources),
      logs_(Paths(spec.name).lib + "/logs", {!options.no_prefix, !options.no_color, options.timestamps}),
      watch_(spec.name, [this](const json& container) { note(container); }) {}

Result<int> Foreground::run(Ask up, UniqueFd storage) {
  // Before anything is started: what was logged until now is yesterday's, what comes is shown from its first
  // line.
  for (const auto& [name, service] : spec_.services)
    if (service.attach.value_or(true)) TRY(logs_.add(name, 0));
  up.interrupts = &interrupts_;
  const auto answer = ask(up);
  storage.reset();
  progress_.finish();
  if (!answer && answer.error().code == EINTR) return interrupted();
  if (!answer) return answer.error();
  logs_.watch();
  if (sources_ != nullptr) print("Watch enabled\n");
  switch (TRY(attend())) {
    case End::all_exited:
      return finish(exit_code());
    case End::aborted:
      print_error("Aborting: " + numbered_name(*abort_) + " exited\n");
      TRY(stop());
      TRY(learn_exit_codes());
      return finish(exit_code());
    case End::interrupted:
      return interrupted();
    case End::taken_down:
      break;
  }
  TRY(logs_.drain(LogFollower::Rest::last));
  return 0;
}

Result<Foreground::End> Foreground::attend() {
  for (;;) {
    TRY(logs_.drain());
    if (!TRY(watch_.connect())) return End::taken_down;
    if (all_ended()) return End::all_exited;
    if (abort_) return End::aborted;
    if (!TRY(step_sources())) return End::interrupted;
    if (watch_.fd() < 0) continue;  // services were made anew: how they all are is told again
    pollfd waits[4] = {{interrupts_.fd(), POLLIN, 0},
                       {watch_.fd(), POLLIN, 0},
                       {logs_.fd(), POLLIN, 0},
                       {sources_ == nullptr ? -1 : sources_->fd(), POLLIN, 0}};
    if (::poll(waits, 4, wait_ms()) < 0 && errno != EINTR) return os_error("wait for the stack");
    if (interrupts_.take()) return End::interrupted;
    if (waits[1].revents != 0) TRY(watch_.take());
  }
}

Result<bool> Foreground::step_sources() {
  if (sources_ == nullptr) return true;
  const auto stepped = sources_->step(progress_, interrupts_);
  if (!stepped && stepped.error().code == EINTR) return false;
  // A service that was made anew has not exited.
  if (TRY(stepped)) watch_.renew();
  return true;
}

int Foreground::wait_ms() const {
  const int logs = logs_.timeout_ms();
  const int sources = sources_ == nullptr ? -1 : sources_->timeout_ms();
  if (logs < 0 || sources < 0) return std::max(logs, sources);
  return std::min(logs, sources);
}

void Foreground::note(const json& container) {
  if (container.contains("one_off")) return;  // not of this command's
  if (sources_ != nullptr) sources_->note(container);
  const std::string service = container.value("key", "");
  const std::string state = container.value("state", "");
  const std::string before = std::exchange(states_[service], state);
  if (state == before || (state != "exited" && state != "restarting")) return;
  const auto drained = logs_.drain();  // its last words come before the news of its end
  if (!drained) complain(drained.error());
  std::optional<int> number;
  if (container.contains("exit_code")) number = container.value("exit_code", 0);
  if (state == "exited") note_exit(service, number);
  const std::string code = number ? std::to_string(*number) : "unknown";
  const std::string reason = container.value("exit_reason", "");
  const bool says_more = !reason.empty() && !reason.starts_with("exit ");
  print(numbered_name(service) + " exited with code " + code + (says_more ? " (" + reason + ")" : "") +
        (state == "restarting" ? " (restarting)" : "") + "\n");
}

// A code that nobody knows is no success: its container was killed in a way that left no trace.
void Foreground::note_exit(const std::string& service, const std::optional<int>& code) {
  if (code) exit_codes_[service] = *code;
  const bool failed = !code || *code != 0;
  const bool aborts = options_.abort == Abort::on_exit || (options_.abort == Abort::on_failure && failed);
  if (aborts && !abort_) abort_ = service;
}

int Foreground::exit_code() const {
  const bool of_failure = options_.abort == Abort::on_failure && abort_;
  if (options_.exit_code_from.empty() && !of_failure) return 0;
  const auto code = exit_codes_.find(options_.exit_code_from.empty() ? *abort_ : options_.exit_code_from);
  return code == exit_codes_.end() ? 1 : code->second;
}

bool Foreground::all_ended() const {
  return !states_.empty() && std::all_of(states_.begin(), states_.end(), [](const auto& state) {
    return state.second == "exited" || state.second == "created" || state.second == "absent";
  });
}

Result<int> Foreground::interrupted() {
  print_error("Gracefully stopping... (press Ctrl+C again to force)\n");
  TRY(stop());
  return finish(kInterrupted);
}

Result<void> Foreground::stop() {
  Ask request;
  request.project = spec_.name;
  request.request = {{"verb", "stop"}, {"services", json::array()}};
  request.progress = &progress_;
  request.interrupts = &interrupts_;
  auto stopped = ask(request);
  if (!stopped && stopped.error().code == EINTR) {
    request.request["verb"] = "kill";
    request.interrupts = nullptr;
    stopped = ask(request);
  }
  progress_.finish();
  // Where the file was not accepted yet there is nothing to stop; where the stack is gone it is stopped.
  if (!stopped && stopped.error().code != 0 && !control::is_absent(stopped.error())) return stopped.error();
  return {};
}

// Of those that were stopped as well.
Result<void> Foreground::learn_exit_codes() {
  const auto status = stack_status(spec_.name);
  if (!status) return control::is_absent(status.error()) ? Result<void>() : status.error();
  for (const json& container : (*status)["containers"])
    if (container.contains("exit_code") && !container.contains("one_off"))
      exit_codes_[container.value("key", "")] = container.value("exit_code", 0);
  return {};
}

// The reconciler and the keeper end; the files of the containers and their logs stay for the next `up`.
Result<int> Foreground::finish(int code) {
  TRY(logs_.drain(LogFollower::Rest::last));
  TRY(take_down(spec_.name, Files::keep, std::nullopt, progress_, nullptr));
  return code;
}

}  // namespace stack::cmd
