#include "cmd/stack/request.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "cmd/stack/keeper_start.h"
#include "core/control/paths.h"

namespace stack::cmd {
namespace {

using control::Client;
using nlohmann::json;

// A reconciler that dies at every request is no use asking again; one that was killed a few times is.
constexpr int kMostTries = 300;
constexpr int kPauseMs = 20;

Result<Client> connect(const Ask& ask) {
  const std::string socket = Paths(ask.project).control_socket();
  auto client = Client::connect(socket);
  if (client || !ask.start_keeper || !control::is_absent(client.error())) return client;
  TRY(start_keeper(ask.project));
  return Client::connect(socket);
}

int wait_ms(const Ask& ask) {
  int wait = ask.progress != nullptr ? ask.progress->tick_ms() : -1;
  if (!ask.deadline) return wait;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*ask.deadline - std::chrono::steady_clock::now());
  const int most = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
  return wait < 0 ? most : std::min(wait, most);
}

// Until there is something to read.
Result<void> await(const Client& client, const Ask& ask) {
  for (;;) {
    pollfd waits[2] = {{client.fd(), POLLIN, 0},
                       {ask.interrupts != nullptr ? ask.interrupts->fd() : -1, POLLIN, 0}};
    const int ready = ::poll(waits, 2, wait_ms(ask));
    if (ready < 0 && errno != EINTR) return os_error("wait for the reconciler");
    if (waits[1].revents != 0 && ask.interrupts->take()) return os_error("wait for the reconciler", EINTR);
    if (ready > 0 && waits[0].revents != 0) return {};
    if (ask.deadline && std::chrono::steady_clock::now() >= *ask.deadline)
      return os_error("wait for stack \"" + ask.project + "\"", ETIMEDOUT);
    if (ready == 0 && ask.progress != nullptr) ask.progress->tick();
  }
}

Result<Answer> answer_of(const json& event) {
  Answer answer;
  answer.code = event.value("code", 1);
  if (event.contains("error")) return Error{0, event.value("error", "")};
  if (event.contains("data")) answer.data = event["data"];
  return answer;
}

// The answer, or nothing when the reconciler died before it gave one.
Result<std::optional<Answer>> converse(Client& client, const Ask& ask) {
  const auto sent = client.send(ask.request);
  if (!sent && sent.error().code != ECONNRESET) return sent.error();
  for (;;) {
    while (const auto event = TRY(client.next())) {
      const std::string kind = event->value("event", "");
      if (kind == "result") return std::optional<Answer>(TRY(answer_of(*event)));
      if (kind == "progress" && ask.progress != nullptr) ask.progress->show(*event);
    }
    if (client.closed()) return std::optional<Answer>();
    TRY(await(client, ask));
    TRY(client.read_some());
  }
}

}  // namespace

Result<Answer> ask(const Ask& ask) {
  for (int i = 0; i < kMostTries; ++i) {
    Client client = TRY(connect(ask));
    if (auto answer = TRY(converse(client, ask))) return *std::move(answer);
    ::poll(nullptr, 0, kPauseMs);  // the keeper starts another reconciler; the socket stays and queues us
  }
  return fault("the reconciler of \"" + ask.project +
               "\" ends at every request: see \"stack logs\" and the journal");
}

Result<json> stack_status(const std::string& project) {
  Ask status;
  status.project = project;
  status.request = {{"verb", "ps"}};
  Answer answer = TRY(ask(status));
  if (!answer.data.is_object() || !answer.data.contains("containers"))
    return fault("the reconciler gave no status");
  return std::move(answer.data);
}

}  // namespace stack::cmd
