// A child of ours that makes sandboxes one after another, while we attach those that are there: each side has
// about a millisecond of the kernel's work a sandbox. It is forked once and clones for itself, so that its
// many clones do not make copy-on-write of our memory. It ends with us.
#pragma once

#include <sys/types.h>

#include "core/engine/namespaces.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::engine {

class SandboxMaker {
 public:
  static Result<SandboxMaker> start();
  SandboxMaker(SandboxMaker&& other) noexcept;
  SandboxMaker& operator=(SandboxMaker&&) = delete;
  ~SandboxMaker();  // ends it, whatever it is at

  // They are made in the order in which they are asked for. No more than kMostAsked may be unanswered.
  static constexpr int kMostAsked = 16;
  Result<void> ask(const SandboxRequest& request);
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Waits for the first that was asked for and not answered yet: how it went.
  Result<void> answer();

 private:
  SandboxMaker(pid_t pid, UniqueFd line) : pid_(pid), line_(std::move(line)) {}
  pid_t pid_;
  UniqueFd line_;
};

}  // namespace stack::engine
