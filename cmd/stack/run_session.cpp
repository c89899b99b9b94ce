#include "cmd/stack/run_session.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "cmd/stack/keeper_start.h"
#include "cmd/stack/output.h"
#include "cmd/stack/pipe_ends.h"
#include "cmd/stack/terminal.h"
#include "core/control/paths.h"
#include "core/sys/descriptors.h"
#include "core/sys/pipes.h"
#include "core/sys/signals.h"

namespace stack::cmd {
namespace {

using control::Client;
using nlohmann::json;

// A reconciler that dies again and again is no use asking.
constexpr int kMostDeaths = 300;
constexpr int kPauseMs = 20;

}  // namespace

Result<RunSession> RunSession::make(std::string project, json request, Progress& progress, UniqueFd storage) {
  Interrupts interrupts =
      TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}));
  return RunSession(std::move(project), std::move(request), progress, std::move(storage),
                    std::move(interrupts));
}

RunSession::RunSession(std::string project, json request, Progress& progress, UniqueFd storage,
                       Interrupts interrupts)
    : project_(std::move(project)),
      name_(request.value("name", "")),
      request_(std::move(request)),
      progress_(progress),
      storage_(std::move(storage)),
      interrupts_(std::move(interrupts)) {}

Result<void> RunSession::begin(std::vector<UniqueFd> theirs) {
  Pipe lifeline = TRY(make_pipe());
  lifeline_ = std::move(lifeline.write);
  fds_.push_back(std::move(lifeline.read));
  for (UniqueFd& fd : theirs) fds_.push_back(std::move(fd));
  return connect();
}

Result<void> RunSession::connect() {
  const Paths paths(project_);
  auto client = Client::connect(paths.control_socket());
  if (!client && control::is_absent(client.error())) {
    // Of a stack that was taken down meanwhile nothing is left to ask.
    const bool is_down = accepted_ && ::access(paths.run.c_str(), F_OK) != 0;
    if (is_down) return fault("stack \"" + project_ + "\" was taken down");
    TRY(start_keeper(project_));
    client = Client::connect(paths.control_socket());
  }
  if (!client) return client.error();
  client_ = *std::move(client);
  std::vector<int> numbers;
  for (const UniqueFd& fd : fds_) numbers.push_back(fd.get());
  const auto sent =
      accepted_ ? client_->send({{"verb", "wait"}, {"run", name_}}) : client_->send(request_, numbers);
  if (!sent && sent.error().code != ECONNRESET) return sent;
  return {};
}

// The keeper starts another reconciler, and the socket queues us for it.
Result<void> RunSession::connect_again() {
  if (++deaths_ > kMostDeaths)
    return fault("the reconciler of \"" + project_ + "\" ends at every request: see the journal");
  ::poll(nullptr, 0, kPauseMs);
  const Result<void> connected = connect();
  if (connected || !exited_) return connected;
  result_ = exited_;  // who would remove what is left is gone, but the end is known
  return {};
}

void RunSession::take_event(const json& event) {
  const std::string kind = event.value("event", "");
  const auto end = [&] { return End{event.value("code", 1), event.value("error", "")}; };
  if (kind == "progress") progress_.show(event);
  if (kind == "accepted") {
    accepted_ = true;
    fds_.clear();
    storage_.reset();
  }
  if (kind == "started") {
    started_ = true;
    id_ = event.value("id", "");
  }
  if (kind == "exited") exited_ = end();
  if (kind == "result") result_ = exited_ ? exited_ : end();
}

Result<void> RunSession::take_events() {
  TRY(client_->read_some());
  while (const auto event = TRY(client_->next())) take_event(*event);
  return client_->closed() && !result_ ? connect_again() : Result<void>();
}

Result<std::optional<int>> RunSession::await_start() {
  while (!is_settled()) {
    pollfd waits[2] = {{client_->fd(), POLLIN, 0}, {interrupts_.fd(), POLLIN, 0}};
    const int ready = ::poll(waits, 2, progress_.tick_ms());
    if (ready < 0 && errno != EINTR) return os_error("wait for the one-off to start");
    if (ready == 0) progress_.tick();
    while (const auto signal = interrupts_.take())
      if (*signal != SIGWINCH) return std::optional<int>(128 + *signal);
    if (waits[0].revents != 0) TRY(take_events());
  }
  progress_.finish();
  if (started_) return std::optional<int>();
  return std::optional<int>(TRY(finish()));
}

void RunSession::pass_on(int signal) {
  // A reconciler that has just died gets nothing more; the signal is lost as one between two processes may
  // be.
  static_cast<void>(client_->send({{"verb", "signal"}, {"run", name_}, {"signal", signal_name(signal)}}));
}

Result<int> RunSession::finish() {
  if (!result_->error.empty()) complain(fault(result_->error));
  return result_->code;
}

Result<int> RunSession::detached() {
  TRY(begin({}));
  if (const auto code = TRY(await_start())) return *code;
  while (!result_) {
    pollfd wait{client_->fd(), POLLIN, 0};
    if (::poll(&wait, 1, -1) < 0 && errno != EINTR) return os_error("wait for the one-off to start");
    TRY(take_events());
  }
  if (result_->code == 0) print(id_ + "\n");
  return finish();
}

Result<int> RunSession::with_pipes(Input input) {
  const WithoutSigpipe without_sigpipe;
  Pipe in = TRY(make_pipe());
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  std::vector<UniqueFd> theirs;
  for (UniqueFd* fd : {&in.read, &out.write, &err.write}) theirs.push_back(std::move(*fd));
  TRY(begin(std::move(theirs)));
  if (const auto code = TRY(await_start())) return *code;
  make_nonblocking(in.write.get());
  Relay feed(input == Input::passed_on ? STDIN_FILENO : -1, in.write.get());
  if (input == Input::none) in.write.reset();
  std::array<Relay, 2> output{Relay(out.read.get(), STDOUT_FILENO), Relay(err.read.get(), STDERR_FILENO)};
  while (!result_) {
    pollfd waits[5] = {{client_->fd(), POLLIN, 0},
                       {interrupts_.fd(), POLLIN, 0},
                       feed.wanted(),
                       output[0].wanted(),
                       output[1].wanted()};
    if (::poll(waits, 5, -1) < 0 && errno != EINTR) return os_error("wait for the one-off");
    while (const auto signal = interrupts_.take())
      if (*signal != SIGWINCH) pass_on(*signal);
    if (waits[2].revents != 0) feed.step();
    if (waits[3].revents != 0) output[0].step();
    if (waits[4].revents != 0) output[1].step();
    if (feed.ended()) in.write.reset();       // its end of input
    if (output[0].ended()) out.read.reset();  // our reader went away: so it is for the program
    if (output[1].ended()) err.read.reset();
    if (waits[0].revents != 0) TRY(take_events());
  }
  for (Relay& relay : output) relay.drain();
  return finish();
}

Result<int> RunSession::with_terminal() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return os_error("make a socket pair");
  const UniqueFd ours(pair[0]);
  std::vector<UniqueFd> theirs;
  theirs.emplace_back(pair[1]);
  TRY(begin(std::move(theirs)));
  if (const auto code = TRY(await_start())) return *code;
  const UniqueFd master = receive_descriptor(ours.get());
  if (!master) return fault("the one-off was started without a terminal");
  make_nonblocking(master.get());
  copy_window_size(STDIN_FILENO, master.get());
  std::optional<RawTerminal> raw = TRY(RawTerminal::enter(STDIN_FILENO));
  Relay keys(STDIN_FILENO, master.get());
  Relay screen(master.get(), STDOUT_FILENO);
  while (!result_) {
    pollfd waits[4] = {
        {client_->fd(), POLLIN, 0}, {interrupts_.fd(), POLLIN, 0}, keys.wanted(), screen.wanted()};
    if (::poll(waits, 4, -1) < 0 && errno != EINTR) return os_error("wait for the one-off");
    while (const auto signal = interrupts_.take()) {
      if (*signal == SIGHUP) return 128 + SIGHUP;  // our terminal is gone, and so is the program's
      if (*signal == SIGWINCH)
        copy_window_size(STDIN_FILENO, master.get());
      else
        pass_on(*signal);
    }
    if (waits[2].revents != 0) keys.step();
    if (waits[3].revents != 0) screen.step();
    if (waits[0].revents != 0) TRY(take_events());
  }
  screen.drain();
  raw.reset();  // before words of ours are printed
  return finish();
}

}  // namespace stack::cmd
