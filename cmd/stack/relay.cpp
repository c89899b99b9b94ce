#include "cmd/stack/relay.h"

#include <unistd.h>

#include <cerrno>

namespace stack::cmd {

pollfd Relay::wanted() const {
  if (ended_) return {-1, 0, 0};
  if (pending_.empty()) return {from_, POLLIN, 0};
  return {to_, POLLOUT, 0};
}

void Relay::step() {
  if (ended_) return;
  if (pending_.empty()) {
    char bytes[32768];
    const ssize_t n = ::read(from_, bytes, sizeof bytes);
    if (n > 0) pending_.assign(bytes, static_cast<std::size_t>(n));
    // EIO is how a pty's master says that nobody has the other side open any more.
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) ended_ = true;
    return;
  }
  const ssize_t n = ::write(to_, pending_.data(), pending_.size());
  if (n > 0) pending_.erase(0, static_cast<std::size_t>(n));
  if (n < 0 && errno != EAGAIN && errno != EINTR) ended_ = true;
}

void Relay::drain() {
  while (!ended_) {
    pollfd wait = wanted();
    // Output is waited for as long as it takes; input that is not there now is not coming: its writer has
    // ended.
    const int ready = ::poll(&wait, 1, pending_.empty() ? 0 : -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return;
    step();
  }
}

}  // namespace stack::cmd
