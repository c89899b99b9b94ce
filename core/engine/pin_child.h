// A short-lived child that holds new namespaces while its parent pins them. It is not CLONE_PARENT: whoever
// makes it reaps it, and its end raises no SIGCHLD.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/engine/namespaces.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::engine {

struct PinRequest {
  std::string user;       // pin of the user namespace that owns the others; "" is the host's
  bool new_user = false;  // it is made by this child
  PinPaths paths;
};

class PinChild {
 public:
  static Result<PinChild> start(const PinRequest& request);
  PinChild(PinChild&& other) noexcept;
  PinChild& operator=(PinChild&&) = delete;
  ~PinChild();  // ends and reaps it

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Waits until its namespaces are there, its host name is set and its loopback is up.
  Result<void> settled();

 private:
  PinChild() = default;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd go_;
  UniqueFd outcome_;
};

}  // namespace stack::engine
