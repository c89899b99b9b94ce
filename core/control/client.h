// The command's side of the control socket (core/control/protocol.h): one connection, requests out, events
// in.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::control {

class Client {
 public:
  // The errors ENOENT and ECONNREFUSED mean that the stack is not running.
  static Result<Client> connect(const std::string& socket);

  // Up to three descriptors ride on the request; they stay the caller's.
  Result<void> send(const nlohmann::json& request, const std::vector<int>& fds = {});

  // To be polled for POLLIN; then read_some() takes what is there without blocking, and next() gives the
  // events in it.
  [[nodiscard]] int fd() const { return socket_.get(); }
  Result<void> read_some();
  Result<std::optional<nlohmann::json>> next();
  // The other side hung up: what next() still gives is all that will ever come.
  [[nodiscard]] bool closed() const { return closed_; }
  // The oldest descriptor that came with an event and was not taken yet.
  UniqueFd take_fd();

  // Blocks for the next event, at most `timeout_ms` (-1: for ever). Fails with ECONNRESET when the other side
  // hung up and with ETIMEDOUT when it was silent.
  Result<nlohmann::json> receive(int timeout_ms = -1);

 private:
  explicit Client(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
  std::string incoming_;
  std::vector<UniqueFd> fds_;
  bool closed_ = false;
};

// Whether `error` of Client::connect says that nobody listens there.
bool is_absent(const Error& error);

}  // namespace stack::control
