// `stack events`: what happens to the stack, as the reconciler tells it.
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include "cmd/stack/event_text.h"
#include "cmd/stack/interrupts.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/moment.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "core/control/client.h"
#include "core/control/paths.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  bool as_json = false;
  std::string since, until;
  std::vector<std::string> services;
};

std::int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

class Listening {
 public:
  static Result<Listening> of(const Options& options, const std::string& project) {
    const auto now = std::chrono::system_clock::now();
    Listening listening(options, project, std::chrono::nanoseconds(now.time_since_epoch()).count());
    if (!options.since.empty()) listening.since_ = TRY(parse_moment(options.since, now));
    if (!options.until.empty()) listening.until_ = TRY(parse_moment(options.until, now));
    // An end alone that is over: from the first on that is kept. Else from here on, whenever the reconciler
    // answers.
    if (!listening.since_) listening.since_ = listening.follows() ? listening.began_ : 0;
    return listening;
  }

  // False where the stack does not run.
  Result<bool> connect() {
    auto client = control::Client::connect(Paths(project_).control_socket());
    if (!client && control::is_absent(client.error())) return false;
    if (!client) return client.error();
    client_ = *std::move(client);
    const json request{{"verb", "events"}, {"follow", follows()}, {"since", *since_}};
    const auto sent = client_->send(request);
    if (!sent && sent.error().code != ECONNRESET) return sent.error();
    return true;
  }

  [[nodiscard]] int fd() const { return client_->fd(); }
  [[nodiscard]] bool follows() const { return !until_ || *until_ > began_; }
  [[nodiscard]] bool is_over() const { return over_ || (until_ && now_ns() >= *until_ && follows()); }
  [[nodiscard]] int patience_ms() const {
    return until_ && follows()
               ? static_cast<int>(std::min<std::int64_t>((*until_ - now_ns()) / 1'000'000 + 1, 60'000))
               : -1;
  }

  // Prints what has come; false when the reconciler has hung up.
  Result<bool> take() {
    TRY(client_->read_some());
    while (const auto event = TRY(client_->next())) {
      if (event->value("event", "") == "result") over_ = true;
      if (event->value("event", "") == "result" && event->contains("error"))
        return fault(event->value("error", ""));
      if (event->value("event", "") == "event") show(*event);
    }
    return !client_->closed();
  }

 private:
  Listening(const Options& options, std::string project, std::int64_t now)
      : options_(options), project_(std::move(project)), began_(now) {}

  void show(const json& event) {
    const std::int64_t time = event.value("time_ns", std::int64_t{0});
    since_ = time + 1;  // from here on, should the reconciler be another one soon
    if (until_ && time > *until_) return;
    if (!is_about(event, options_.services)) return;
    print(options_.as_json ? event_json(event).dump() + "\n" : event_line(event));
  }

  const Options& options_;
  std::string project_;
  std::int64_t began_;
  std::optional<std::int64_t> since_, until_;
  std::optional<control::Client> client_;
  bool over_ = false;
};

Result<int> events(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  Listening listening = TRY(Listening::of(options, project));
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM}));
  if (!TRY(listening.connect())) return fault("stack \"" + project + "\" does not run");
  while (!listening.is_over()) {
    pollfd ready[] = {{listening.fd(), POLLIN, 0}, {interrupts.fd(), POLLIN, 0}};
    if (::poll(ready, 2, listening.patience_ms()) < 0 && errno != EINTR) return os_error("wait for events");
    if (interrupts.take()) return 130;
    if (ready[0].revents == 0 || TRY(listening.take())) continue;
    // Another reconciler takes over, or the stack is down.
    if (!listening.is_over() && !TRY(listening.connect())) return 0;
  }
  return 0;
}

}  // namespace

Run define_events(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("--json", options->as_json, "A JSON object a line");
  command.add_option("--since", options->since, "From this time on too: 42m, 2026-11-25T18:42:00Z");
  command.add_option("--until", options->until, "Up to this time, instead of until Ctrl-C");
  add_services(command, options->services);
  command.footer("What is mended below the services is an event too: drift, and mended when it is so again");
  return [options, &globals] { return events(*options, globals); };
}

}  // namespace stack::cmd
