#include "core/sys/signals.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>

namespace stack {
namespace {

std::optional<int> number_of(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> in_range(std::optional<int> number) {
  return number && *number > 0 && *number <= SIGRTMAX ? number : std::nullopt;
}

}  // namespace

std::optional<int> signal_number(const std::string& name) {
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (upper.starts_with("SIG")) upper.erase(0, 3);
  if (const auto number = number_of(upper)) return in_range(number);
  if (upper == "RTMIN") return SIGRTMIN;
  if (upper == "RTMAX") return SIGRTMAX;
  if (upper.starts_with("RTMIN+"))
    if (const auto offset = number_of(upper.substr(6))) return in_range(SIGRTMIN + *offset);
  if (upper.starts_with("RTMAX-"))
    if (const auto offset = number_of(upper.substr(6))) return in_range(SIGRTMAX - *offset);
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* abbreviation = ::sigabbrev_np(signal);
    if (abbreviation != nullptr && upper == abbreviation) return signal;
  }
  return std::nullopt;
}

std::string signal_name(int number) {
  const char* abbreviation = ::sigabbrev_np(number);
  if (abbreviation != nullptr) return std::string("SIG") + abbreviation;
  if (number >= SIGRTMIN && number <= SIGRTMAX) return "SIGRTMIN+" + std::to_string(number - SIGRTMIN);
  return "signal " + std::to_string(number);
}

}  // namespace stack
