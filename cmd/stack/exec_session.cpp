#include "cmd/stack/exec_session.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "cmd/stack/output.h"
#include "cmd/stack/pipe_ends.h"
#include "cmd/stack/terminal.h"
#include "core/control/paths.h"
#include "core/sys/pipes.h"

namespace stack::cmd {
namespace {

using control::Client;
using nlohmann::json;

}  // namespace

Result<ExecSession> ExecSession::connect(const std::string& project) {
  return ExecSession(project, TRY(Client::connect(Paths(project).control_socket())));
}

Result<void> ExecSession::take_events() {
  TRY(client_.read_some());
  while (auto event = TRY(client_.next())) {
    const std::string kind = event->value("event", "");
    if (kind == "started") id_ = event->value("exec", "");
    if (kind == "result") result_ = *std::move(event);
  }
  return client_.closed() && !result_ ? reconnect() : Result<void>();
}

// The program lives on while the reconciler is restarted; the keeper keeps its exit status for the next one.
Result<void> ExecSession::reconnect() {
  if (id_.empty()) return fault("the reconciler ended while the command was being started");
  client_ = TRY(Client::connect(Paths(project_).control_socket()));
  const auto sent = client_.send({{"verb", "wait"}, {"exec", id_}});
  if (!sent && sent.error().code != ECONNRESET) return sent.error();
  return {};
}

Result<void> ExecSession::await_start() {
  while (id_.empty() && !result_) {
    pollfd wait{client_.fd(), POLLIN, 0};
    if (::poll(&wait, 1, -1) < 0 && errno != EINTR) return os_error("wait for the command to start");
    TRY(take_events());
  }
  return {};
}

Result<int> ExecSession::exit_code() const {
  if (result_->contains("error")) complain(fault(result_->value("error", "")));
  return result_->value("code", 1);
}

Result<int> ExecSession::run_with_pipes(json request, Input input, Interrupts* interrupts) {
  const WithoutSigpipe without_sigpipe;
  Pipe in = TRY(make_pipe());
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  request["tty"] = false;
  TRY(client_.send(request, {in.read.get(), out.write.get(), err.write.get()}));
  in.read.reset();  // or the program's end would not show as the end of its output
  out.write.reset();
  err.write.reset();
  TRY(await_start());
  if (input == Input::none) in.write.reset();
  if (in.write) make_nonblocking(in.write.get());
  Relay feed(STDIN_FILENO, in.write.get());
  std::array<Relay, 2> output{Relay(out.read.get(), STDOUT_FILENO), Relay(err.read.get(), STDERR_FILENO)};
  while (!result_) {
    pollfd waits[5] = {{client_.fd(), POLLIN, 0},
                       in.write ? feed.wanted() : pollfd{-1, 0, 0},
                       output[0].wanted(),
                       output[1].wanted(),
                       {interrupts == nullptr ? -1 : interrupts->fd(), POLLIN, 0}};
    if (::poll(waits, 5, -1) < 0 && errno != EINTR) return os_error("wait for the command");
    if (waits[4].revents != 0 && interrupts->take()) return os_error("wait for the command", EINTR);
    if (waits[1].revents != 0) feed.step();
    if (waits[2].revents != 0) output[0].step();
    if (waits[3].revents != 0) output[1].step();
    if (feed.ended()) in.write.reset();       // its end of input
    if (output[0].ended()) out.read.reset();  // our reader went away: so it is for the program
    if (output[1].ended()) err.read.reset();
    if (waits[0].revents != 0) TRY(take_events());
  }
  for (Relay& relay : output) relay.drain();
  return exit_code();
}

Result<int> ExecSession::run_with_pty(json request) {
  request["tty"] = true;
  TRY(client_.send(request));
  TRY(await_start());
  if (result_) return exit_code();
  const UniqueFd master = client_.take_fd();
  if (!master) return fault("the command was started without a terminal");
  make_nonblocking(master.get());
  copy_window_size(STDIN_FILENO, master.get());
  Interrupts interrupts = TRY(Interrupts::listen({SIGWINCH, SIGTERM, SIGHUP, SIGINT}));
  std::optional<RawTerminal> raw = TRY(RawTerminal::enter(STDIN_FILENO));
  Relay keys(STDIN_FILENO, master.get());
  Relay screen(master.get(), STDOUT_FILENO);
  while (!result_) {
    pollfd waits[4] = {
        {client_.fd(), POLLIN, 0}, {interrupts.fd(), POLLIN, 0}, keys.wanted(), screen.wanted()};
    if (::poll(waits, 4, -1) < 0 && errno != EINTR) return os_error("wait for the command");
    while (const auto signal = interrupts.take()) {
      if (*signal != SIGWINCH) return 128 + *signal;  // the master is closed, which hangs the program up
      copy_window_size(STDIN_FILENO, master.get());
    }
    if (waits[2].revents != 0) keys.step();
    if (waits[3].revents != 0) screen.step();
    if (waits[0].revents != 0) TRY(take_events());
  }
  screen.drain();
  raw.reset();  // before words of ours are printed
  return exit_code();
}

}  // namespace stack::cmd
