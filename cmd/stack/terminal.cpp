#include "cmd/stack/terminal.h"

#include <sys/ioctl.h>

namespace stack::cmd {

Result<RawTerminal> RawTerminal::enter(int fd) {
  termios before{};
  if (::tcgetattr(fd, &before) != 0) return os_error("read the terminal's settings");
  termios raw = before;
  ::cfmakeraw(&raw);
  if (::tcsetattr(fd, TCSADRAIN, &raw) != 0) return os_error("make the terminal raw");
  return RawTerminal(fd, before);
}

RawTerminal::~RawTerminal() {
  if (fd_ >= 0) ::tcsetattr(fd_, TCSADRAIN, &before_);  // fails only where the terminal is gone
}

void copy_window_size(int fd, int master) {
  winsize size{};
  // A terminal without a size (a serial line) leaves the pty without one, as it would be there.
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0) ::ioctl(master, TIOCSWINSZ, &size);
}

}  // namespace stack::cmd
