// The containers of a stack as they are and at every change, through any number of the reconciler's deaths.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/control/client.h"
#include "specs/result.h"

namespace stack::cmd {

class ContainerWatch {
 public:
  // Called with each container when the watch begins, and with one that has changed.
  using Note = std::function<void(const nlohmann::json& container)>;
  ContainerWatch(std::string project, Note note) : project_(std::move(project)), note_(std::move(note)) {}

  // Where it is not connected (yet, or any more): it is, and all have been noted. False where the stack does
  // not run.
  Result<bool> connect();
  // To be polled for POLLIN while it is connected; then take() notes what has changed.
  [[nodiscard]] int fd() const { return client_ ? client_->fd() : -1; }
  Result<void> take();
  // What has changed until now is not noted one by one: connect() notes all as they are then.
  void renew() { client_.reset(); }

 private:
  std::string project_;
  Note note_;
  std::optional<control::Client> client_;
};

}  // namespace stack::cmd
