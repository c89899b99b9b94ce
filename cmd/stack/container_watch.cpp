#include "cmd/stack/container_watch.h"

#include <cerrno>

#include "cmd/stack/request.h"
#include "core/control/paths.h"

namespace stack::cmd {

// The watch first, the state of all second: no change falls between the two.
Result<bool> ContainerWatch::connect() {
  if (client_) return true;
  auto client = control::Client::connect(Paths(project_).control_socket());
  if (!client && control::is_absent(client.error())) return false;
  if (!client) return client.error();
  client_ = *std::move(client);
  const auto sent = client_->send({{"verb", "watch"}});
  if (!sent && sent.error().code != ECONNRESET) return sent.error();
  const auto status = stack_status(project_);
  if (!status && control::is_absent(status.error())) return false;
  if (!status) return status.error();
  for (const nlohmann::json& container : (*status)["containers"]) note_(container);
  return true;
}

Result<void> ContainerWatch::take() {
  TRY(client_->read_some());
  while (const auto event = TRY(client_->next()))
    if (event->value("event", "") == "container") note_(*event);
  if (client_->closed()) client_.reset();  // the reconciler was restarted, or the stack goes down
  return {};
}

}  // namespace stack::cmd
