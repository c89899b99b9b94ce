#include "cmd/stack/output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace stack::cmd {
namespace {

Display& the_display() {
  static Display display;
  return display;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {  // somebody made the terminal non-blocking
      pollfd room{fd, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno == EPIPE) {  // SIGPIPE was ignored by who started us
      ::_exit(128 + SIGPIPE);
    } else if (errno ==
               EIO) {  // the terminal is gone; who waits for SIGHUP still has something to put in order
      return;
    } else if (errno != EINTR) {
      ::_exit(1);  // a full disk, say: there is nobody left to tell
    }
  }
}

}  // namespace

void print(std::string_view text) {
  write_all(STDOUT_FILENO, text);
}
void print_error(std::string_view text) {
  write_all(STDERR_FILENO, text);
}

Result<int> exit_code_of(const Result<void>& done) {
  if (done) return 0;
  if (done.error().code != EINTR) return done.error();
  complain(done.error());
  return 130;
}

void complain(const Error& error) {
  std::string text;
  for (std::size_t begin = 0; begin <= error.words.size();) {
    const std::size_t end = std::min(error.words.find('\n', begin), error.words.size());
    text += "stack: " + error.words.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  print_error(text);
}

void choose_display(Display chosen) {
  the_display() = std::move(chosen);
}
const Display& display() {
  return the_display();
}

bool wants_colour(int fd) {
  if (display().ansi != "auto") return display().ansi == "always";
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace stack::cmd
