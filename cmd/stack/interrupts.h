// Signals as a descriptor to poll, for the commands that have something to put in order before they end.
#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::cmd {

// The signals are blocked from creation to the end of the object; what came in the meantime unseen is dropped
// then.
class Interrupts {
 public:
  static Result<Interrupts> listen(std::initializer_list<int> signals);
  Interrupts(Interrupts&&) noexcept = default;
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(Interrupts&&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next one that came, if any.
  std::optional<int> take();

 private:
  Interrupts(UniqueFd fd, const sigset_t& before) : fd_(std::move(fd)), before_(before) {}

  UniqueFd fd_;
  sigset_t before_;
};

}  // namespace stack::cmd
