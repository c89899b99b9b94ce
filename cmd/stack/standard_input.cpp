#include "cmd/stack/standard_input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "core/sys/files.h"

namespace stack::cmd {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

}  // namespace

Result<StandardInput> StandardInput::copy(const std::string& option) {
  if (::isatty(STDIN_FILENO) == 1)
    return fault("standard input is a terminal: give a file by " + option + ", or a pipe");
  char name[] = "/var/tmp/stack-input-XXXXXX";
  UniqueFd fd(::mkostemp(name, O_CLOEXEC));
  if (!fd) return os_error("make a file in \"/var/tmp\"");
  ::unlink(name);
  std::vector<char> piece(kPiece);
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("read standard input");
    if (n == 0) return StandardInput(std::move(fd));
    TRY(write_all(fd.get(), {piece.data(), static_cast<std::size_t>(n)}, "/var/tmp")
            .with("copy standard input"));
  }
}

std::string StandardInput::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_.get());
}

Error StandardInput::named(const Error& error) const {
  Error told = error;
  for (std::size_t at = 0; (at = told.words.find(path())) != std::string::npos;)
    told.words.replace(at, path().size(), "standard input");
  return told;
}

}  // namespace stack::cmd
