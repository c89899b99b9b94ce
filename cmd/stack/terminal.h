// The user's terminal, lent to a program and always given back.
#pragma once

#include <termios.h>

#include "specs/result.h"

namespace stack::cmd {

// Raw from creation to the end of the object: every key goes to the program, and Ctrl-C is one of them.
class RawTerminal {
 public:
  static Result<RawTerminal> enter(int fd);
  RawTerminal(RawTerminal&& other) noexcept : fd_(other.fd_), before_(other.before_) { other.fd_ = -1; }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(RawTerminal&&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal();

 private:
  RawTerminal(int fd, const termios& before) : fd_(fd), before_(before) {}

  int fd_;
  termios before_;
};

// Gives the pty `master` the size of the terminal `fd`; its foreground program gets SIGWINCH from the kernel.
void copy_window_size(int fd, int master);

}  // namespace stack::cmd
