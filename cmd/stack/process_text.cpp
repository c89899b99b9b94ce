#include "cmd/stack/process_text.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "specs/text.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

// Major numbers of the kernel's Documentation/admin-guide/devices.txt.
constexpr unsigned kConsoles = 4;
constexpr unsigned kFirstPts = 136;
constexpr unsigned kLastPts = 143;
constexpr unsigned kConsoleCount = 64;  // then come the serial lines
constexpr double kDay = 86400;

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

double seconds_of(std::uint64_t ticks, const Clock& clock) {
  return static_cast<double>(ticks) / static_cast<double>(std::max(clock.ticks_per_second, 1L));
}

}  // namespace

// The name stands in brackets and may itself hold blanks and brackets: the last one ends it.
std::optional<ProcessStat> parse_process_stat(const std::string& text) {
  const auto begin = text.find('(');
  const auto end = text.rfind(')');
  if (begin == std::string::npos || end == std::string::npos || end < begin || end + 2 > text.size())
    return std::nullopt;
  ProcessStat stat;
  stat.name = text.substr(begin + 1, end - begin - 1);
  const std::string rest = text.substr(end + 2);
  const auto fields = split_views(rest, ' ');  // the first of them is proc(5)'s third
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  if (fields.size() < 20) return std::nullopt;
  const bool read = read_number(std::string_view(text).substr(0, begin), stat.pid) &&
                    read_number(fields[1], stat.parent) && read_number(fields[4], stat.terminal) &&
                    read_number(fields[11], user) && read_number(fields[12], system) &&
                    read_number(fields[19], stat.started_tick);
  if (!read) return std::nullopt;
  stat.cpu_ticks = user + system;
  return stat;
}

// "Uid:\t" and the real, the effective, the saved and the file system's. A newline in the name, which stands
// in the first line, is written as an escape.
std::optional<std::uint32_t> parse_process_user(const std::string& status) {
  const std::string key = "\nUid:\t";
  const auto at = status.find(key);
  if (at == std::string::npos) return std::nullopt;
  const auto users = split_views(std::string_view(status).substr(at + key.size()), '\t');
  std::uint32_t user = 0;
  if (users.size() < 2 || !read_number(users[1], user)) return std::nullopt;
  return user;
}

std::string terminal_text(int device) {
  const auto number = static_cast<unsigned>(device);
  const unsigned major = gnu_dev_major(number);
  const unsigned minor = gnu_dev_minor(number);
  if (major >= kFirstPts && major <= kLastPts)
    return "pts/" + std::to_string((major - kFirstPts) * 256 + minor);
  if (major == kConsoles && minor < kConsoleCount) return "tty" + std::to_string(minor);
  if (major == kConsoles) return "ttyS" + std::to_string(minor - kConsoleCount);
  return "?";
}

std::string cpu_share(const ProcessStat& stat, const Clock& clock) {
  const double lived = clock.since_boot - seconds_of(stat.started_tick, clock);
  if (lived <= 0) return "0";
  const double share = 100 * seconds_of(stat.cpu_ticks, clock) / lived;
  return std::to_string(static_cast<int>(std::clamp(share, 0.0, 99.0)));
}

std::string started_text(const ProcessStat& stat, const Clock& clock) {
  const double age = std::max(clock.since_boot - seconds_of(stat.started_tick, clock), 0.0);
  const std::time_t began = clock.now - static_cast<std::time_t>(age);
  std::tm local{};
  std::tm today{};
  ::localtime_r(&began, &local);
  ::localtime_r(&clock.now, &today);
  const char* const form = age < kDay ? "%H:%M" : local.tm_year == today.tm_year ? "%b%d" : "%Y";
  char text[16];
  const std::size_t size = std::strftime(text, sizeof text, form, &local);
  return {text, size};
}

std::string cpu_time_text(const ProcessStat& stat, const Clock& clock) {
  const auto whole = static_cast<unsigned long long>(seconds_of(stat.cpu_ticks, clock));
  const unsigned long long days = whole / 86400;
  char text[48];
  std::snprintf(text, sizeof text, "%02llu:%02llu:%02llu", whole / 3600 % 24, whole / 60 % 60, whole % 60);
  return days == 0 ? text : std::to_string(days) + "-" + text;
}

std::string command_text(const ProcessStat& stat, const std::string& cmdline) {
  std::string words = cmdline;
  while (!words.empty() && words.back() == '\0') words.pop_back();
  if (words.empty()) return printable("[" + stat.name + "]");
  std::replace(words.begin(), words.end(), '\0', ' ');
  std::replace(words.begin(), words.end(), '\t', ' ');  // which printable() leaves as it is
  return printable(words);
}

std::vector<std::string> process_columns(const ProcessStat& stat, const std::string& cmdline,
                                         const Clock& clock) {
  return {std::to_string(stat.pid),   std::to_string(stat.parent),  cpu_share(stat, clock),
          started_text(stat, clock),  terminal_text(stat.terminal), cpu_time_text(stat, clock),
          command_text(stat, cmdline)};
}

}  // namespace stack::cmd
