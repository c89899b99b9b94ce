// Our ends of the pipes that are a program's standard input and output.
#pragma once

#include <fcntl.h>

#include <csignal>

namespace stack::cmd {

// Of our end alone: the two ends of a pipe have open file descriptions of their own.
inline void make_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// SIGPIPE would end us when the program closes its input; with it ignored that is the error EPIPE, which is
// no fault.
class WithoutSigpipe {
 public:
  WithoutSigpipe() : before_(::signal(SIGPIPE, SIG_IGN)) {}
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;
  ~WithoutSigpipe() { ::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

}  // namespace stack::cmd
