#include "cmd/stack/format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace stack::cmd {
namespace {

constexpr const char* kPrefixColours[] = {"\033[36m", "\033[33m", "\033[32m", "\033[35m", "\033[34m",
                                          "\033[96m", "\033[93m", "\033[92m", "\033[95m", "\033[94m"};

std::string counted(long long number, const char* unit) {
  return std::to_string(number) + " " + unit + (number == 1 ? "" : "s");
}

std::string utc(std::int64_t seconds, const char* pattern) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, pattern, &parts));
}

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./:=,@%+").find(c) != std::string_view::npos;
}

}  // namespace

std::string human_duration(double seconds) {
  const auto whole = static_cast<long long>(std::max(seconds, 0.0));
  if (whole < 1) return "Less than a second";
  if (whole < 60) return counted(whole, "second");
  const long long minutes = whole / 60;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return counted(minutes, "minute");
  const long long hours = (whole + 1800) / 3600;
  if (hours == 1) return "About an hour";
  if (hours < 48) return counted(hours, "hour");
  if (hours < 24LL * 7 * 2) return counted(hours / 24, "day");
  if (hours < 24LL * 30 * 2) return counted(hours / 24 / 7, "week");
  if (hours < 24LL * 365 * 2) return counted(hours / 24 / 30, "month");
  return counted(hours / 24 / 365, "year");
}

std::string human_size(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // What would be shown as 1000 is 1 of the next unit.
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) value /= 1000, ++unit;
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f%s", decimals, value, kUnits[unit]);
  return text;
}

std::string elapsed(double seconds) {
  char text[32];
  if (seconds < 60) {
    std::snprintf(text, sizeof text, "%.1fs", std::max(seconds, 0.0));
  } else {
    const auto whole = static_cast<long long>(seconds);
    std::snprintf(text, sizeof text, "%lldm%02llds", whole / 60, whole % 60);
  }
  return text;
}

std::string timestamp(std::int64_t time_ns) {
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%09lldZ", static_cast<long long>(time_ns % 1'000'000'000));
  return utc(time_ns / 1'000'000'000, "%Y-%m-%dT%H:%M:%S") + fraction;
}

std::string created_at(double seconds) {
  return utc(static_cast<std::int64_t>(seconds), "%Y-%m-%d %H:%M:%S +0000 UTC");
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - width(row[i]) + 3, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string shortened(const std::string& text, std::size_t limit) {
  if (width(text) <= limit) return text;
  std::size_t characters = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (begins && ++characters >= limit) break;
  }
  return text.substr(0, end) + "…";
}

std::string shell_words(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_safe)) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) {
      if (c == '\'')
        line += "'\\''";
      else
        line += c;
    }
    line += '\'';
  }
  return line;
}

const char* prefix_colour(std::size_t index) {
  return kPrefixColours[index % std::size(kPrefixColours)];
}

std::string log_prefix(const std::string& name, std::size_t wide, std::size_t index, bool colour) {
  const std::string padded = name + std::string(wide > width(name) ? wide - width(name) : 0, ' ') + "  | ";
  return colour ? prefix_colour(index) + padded + kPlain : padded;
}

}  // namespace stack::cmd
