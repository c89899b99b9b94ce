#include "cmd/stack/attach_session.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "cmd/stack/output.h"
#include "cmd/stack/pipe_ends.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "cmd/stack/terminal.h"
#include "core/control/client.h"
#include "core/control/paths.h"
#include "core/sys/signals.h"
#include "specs/replicas.h"

namespace stack::cmd {

using nlohmann::json;

namespace {

constexpr std::size_t kMostAtOnce = 32768;

}  // namespace

std::string AttachSession::log_root(const std::string& project) {
  return Paths(project).lib + "/logs";
}

Result<AttachSession> AttachSession::begin(const std::string& project, const std::string& service,
                                           const AttachOptions& options) {
  AttachSession session(project, service, options.sig_proxy, TRY(DetachKeys::parse(options.detach_keys)));
  TRY(session.connect(!options.no_stdin));
  return session;
}

Result<void> AttachSession::connect(bool wants_input) {
  auto client = control::Client::connect(Paths(project_).control_socket());
  if (!client && control::is_absent(client.error())) return not_running(project_);
  if (!client) return client.error();
  // Before it is asked whether it runs: nothing that it writes from then on is missed.
  TRY(logs_.add(service_, 0));
  TRY(client->send({{"verb", "attach"}, {"service", service_}, {"stdin", wants_input}}));
  for (;;) {
    const json event = TRY(client->receive());
    const std::string kind = event.value("event", "");
    if (kind == "result") return event.contains("error") ? fault(event.value("error", "")) : Result<void>();
    if (kind != "started") continue;
    tty_ = event.value("tty", false);
    pid_ = event.value("pid", 0);
    if (event.value("stdin", false)) input_ = client->take_fd();
  }
}

// Another process of the service is another run.
void AttachSession::note(const json& container) {
  if (container.contains("one_off") || container.value("key", "") != service_) return;
  const std::string state = container.value("state", "");
  const bool runs =
      (state == "running" || state == "paused" || state == "stopping") && container.value("pid", 0) == pid_;
  if (!runs && !code_) code_ = container.value("last_exit_code", container.value("exit_code", 1));
}

Result<int> AttachSession::run() {
  Interrupts interrupts =
      TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}));
  const WithoutSigpipe without_sigpipe;
  std::optional<RawTerminal> raw;
  if (input_) make_nonblocking(input_.get());
  if (input_ && tty_ && ::isatty(STDIN_FILENO) == 1) {
    copy_window_size(STDIN_FILENO, input_.get());
    raw.emplace(TRY(RawTerminal::enter(STDIN_FILENO)));
  }
  logs_.watch();
  auto code = attend(interrupts);
  raw.reset();  // before words of ours are printed
  return code;
}

Result<int> AttachSession::attend(Interrupts& interrupts) {
  ContainerWatch watch(project_, [this](const json& container) { note(container); });
  for (;;) {
    TRY(logs_.drain());
    const bool is_up = TRY(watch.connect());
    if (code_ || !is_up) {
      TRY(logs_.drain(LogFollower::Rest::last));
      return code_.value_or(0);
    }
    if (keys_.found()) return 0;
    const bool full = !pending_.empty();
    pollfd waits[4] = {{interrupts.fd(), POLLIN, 0},
                       {watch.fd(), POLLIN, 0},
                       {logs_.fd(), POLLIN, 0},
                       {!input_ ? -1
                        : full  ? input_.get()
                                : STDIN_FILENO,
                        static_cast<short>(full ? POLLOUT : POLLIN), 0}};
    if (::poll(waits, 4, logs_.timeout_ms()) < 0 && errno != EINTR) return os_error("wait for the service");
    if (const auto code = TRY(take_signals(interrupts))) return *code;
    if (waits[1].revents != 0) TRY(watch.take());
    if (waits[3].revents != 0) full ? write_input() : read_input();
  }
}

Result<std::optional<int>> AttachSession::take_signals(Interrupts& interrupts) {
  while (const auto signal = interrupts.take()) {
    if (*signal == SIGWINCH) {
      if (input_ && tty_) copy_window_size(STDIN_FILENO, input_.get());
      continue;
    }
    if (!sig_proxy_ || *signal == SIGHUP) return std::optional<int>(128 + *signal);
    Ask kill;
    kill.project = project_;
    kill.request = {
        {"verb", "kill"}, {"services", json::array({alone(service_)})}, {"signal", signal_name(*signal)}};
    const auto sent = ask(kill);
    if (!sent && !control::is_absent(sent.error())) return sent.error();
  }
  return std::optional<int>();
}

void AttachSession::read_input() {
  char bytes[kMostAtOnce];
  const ssize_t n = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (n <= 0) return end_input();
  const std::string_view read(bytes, static_cast<std::size_t>(n));
  // As with Docker: a pipe may hold any bytes, and none of them is a key.
  pending_ = tty_ ? keys_.pass(read) : std::string(read);
}

void AttachSession::write_input() {
  const ssize_t n = ::write(input_.get(), pending_.data(), pending_.size());
  if (n > 0) pending_.erase(0, static_cast<std::size_t>(n));
  if (n < 0 && errno != EAGAIN && errno != EINTR) end_input();
}

// The service's standard input stays open for who attaches next.
void AttachSession::end_input() {
  pending_.clear();
  input_.reset();
}

}  // namespace stack::cmd
