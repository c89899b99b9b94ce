#include "cmd/keeper/words.h"

#include <unistd.h>

#include <cstring>
#include <ctime>

namespace stack::keeper {
namespace {

std::int64_t now_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Text& Text::operator<<(const char* words) {
  const std::size_t length = ::strlen(words);
  const std::size_t room = size_ - 1 - used_;
  const std::size_t taken = length < room ? length : room;
  if (taken < length) cut_ = true;
  ::memcpy(buffer_ + used_, words, taken);
  used_ += taken;
  buffer_[used_] = '\0';
  return *this;
}

Text& Text::operator<<(std::uint64_t number) {
  char digits[21];
  char* at = digits + sizeof digits - 1;
  *at = '\0';
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return *this << at;
}

// strerror(3) would bring in the locale machinery; the description is the same as its text in the C locale.
void complain(const char* what, const char* object, int error) {
  Words<768> line;
  line << "stack-keeper: " << what;
  if (object[0] != '\0') line << " \"" << object << "\"";
  const char* reason = error == 0 ? nullptr : ::strerrordesc_np(error);
  if (reason != nullptr) line << ": " << reason;
  line << "\n";
  // Nobody is left to tell where this fails.
  if (::write(STDERR_FILENO, line.c_str(), line.length()) < 0) return;
}

bool copy(char* to, std::size_t size, const char* from) {
  Text text(to, size);
  text << from;
  return !text.cut();
}

int number_of(const char* digits) {
  if (*digits == '\0') return -1;
  std::int64_t number = 0;
  for (; *digits != '\0'; ++digits) {
    if (*digits < '0' || *digits > '9') return -1;
    number = number * 10 + (*digits - '0');
    if (number > INT32_MAX) return -1;
  }
  return static_cast<int>(number);
}

std::int64_t realtime_ns() {
  return now_of(CLOCK_REALTIME);
}
std::int64_t monotonic_ns() {
  return now_of(CLOCK_MONOTONIC);
}

}  // namespace stack::keeper
