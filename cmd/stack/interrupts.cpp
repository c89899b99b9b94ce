#include "cmd/stack/interrupts.h"

#include <sys/signalfd.h>

namespace stack::cmd {

Result<Interrupts> Interrupts::listen(std::initializer_list<int> signals) {
  sigset_t set;
  sigset_t before;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, &before) != 0) return os_error("block signals");
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) {
    const Error error = os_error("make a signalfd");
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return error;
  }
  return Interrupts(std::move(fd), before);
}

Interrupts::~Interrupts() {
  if (!fd_) return;  // moved from
  while (take()) {
  }
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> Interrupts::take() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace stack::cmd
