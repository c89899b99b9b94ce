#include "core/engine/report.h"

#include <unistd.h>

#include <cerrno>
#include <string>

namespace stack::engine {
namespace {

template <std::size_t Size>
void copy(char (&to)[Size], const char* from) noexcept {
  std::size_t i = 0;
  for (; from[i] != '\0' && i + 1 < Size; ++i) to[i] = from[i];
  to[i] = '\0';
}

}  // namespace

void fail(int outcome, const char* step, const char* object, int code) noexcept {
  Report report;
  report.code = code;
  copy(report.step, step);
  copy(report.object, object);
  // A record below PIPE_BUF is written whole or not at all; without a reader the exit status has to do.
  static_assert(sizeof(Report) <= 4096);
  const ssize_t written = ::write(outcome, &report, sizeof report);
  ::_exit(written >= 0 && code == ENOENT ? 127 : 126);
}

void fail(int outcome, const char* step, const char* object) noexcept {
  fail(outcome, step, object, errno);
}

Error error_of(const Report& report) {
  std::string what = report.step;
  if (report.object[0] != '\0') what += " \"" + std::string(report.object) + "\"";
  return os_error(what, report.code);
}

}  // namespace stack::engine
