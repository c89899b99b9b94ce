// Text in fixed buffers, and complaints: what std::string and printf are elsewhere. A text that does not fit
// is cut.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stack::keeper {

class Text {
 public:
  Text(char* buffer, std::size_t size) : buffer_(buffer), size_(size) { buffer_[0] = '\0'; }
  Text& operator<<(const char* words);
  Text& operator<<(std::uint64_t number);
  [[nodiscard]] const char* c_str() const { return buffer_; }
  [[nodiscard]] std::size_t length() const { return used_; }
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  char* buffer_;
  std::size_t size_;
  std::size_t used_ = 0;
  bool cut_ = false;
};

template <std::size_t N>
class Words : public Text {
 public:
  Words() : Text(storage_, N) {}
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

 private:
  char storage_[N];
};

// One line to standard error: `what "object": the errno in words`.
void complain(const char* what, const char* object, int error);

// strlcpy; false when it did not fit.
bool copy(char* to, std::size_t size, const char* from);

// All digits and within pid_t, or -1.
int number_of(const char* digits);

std::int64_t realtime_ns();
std::int64_t monotonic_ns();

}  // namespace stack::keeper
