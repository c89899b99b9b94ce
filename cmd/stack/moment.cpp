#include "cmd/stack/moment.h"

#include <charconv>
#include <ctime>

#include "specs/scalars.h"

namespace stack::cmd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kNanosecondDigits = 9;

// Far from where an int64_t of nanoseconds ends, in 2262.
constexpr std::int64_t kLastSecond = 9'000'000'000;

// Takes a number of so many digits off the front; nothing where there is none.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || end != text.data() + digits || text[0] == '-') return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".5" is half a second, and so are nine digits of it; nothing where no digit follows.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return 0;
  std::int64_t fraction = 0;
  std::size_t digits = 0;
  for (; digits < kNanosecondDigits && !text.empty() && text[0] >= '0' && text[0] <= '9'; ++digits) {
    fraction = fraction * 10 + (text[0] - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < kNanosecondDigits; ++digits) fraction *= 10;
  return fraction;
}

std::optional<std::int64_t> epoch_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || seconds < 0 || seconds > kLastSecond) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto fraction = take_fraction(text);
  if (!fraction || !text.empty()) return std::nullopt;
  return seconds * kSecond + *fraction;
}

// The seconds that the zone at the end is east of UTC; nothing where none is given.
struct Zone {
  bool valid = true;
  std::optional<int> east;
};
Zone take_zone(std::string_view& text) {
  if (take(text, "Zz")) return {true, 0};
  if (text.empty()) return {};
  const bool west = text[0] == '-';
  if (!take(text, "+-")) return {false, {}};
  const auto hours = take_number(text, 2);
  const bool colon = take(text, ":");
  const auto minutes = take_number(text, 2);
  if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) return {false, {}};
  const int seconds = (*hours * 60 + *minutes) * 60;
  return {true, west ? -seconds : seconds};
}

bool take_date(std::string_view& text, std::tm& parts) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return false;
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return false;
  const auto day = take_number(text, 2);
  if (!day || *year < 1970 || *year > 2200 || *month < 1 || *month > 12 || *day < 1 || *day > 31)
    return false;
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  return true;
}

// Hours, and as much of the rest as is said.
bool take_clock(std::string_view& text, std::tm& parts) {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23) return false;
  parts.tm_hour = *hour;
  if (!take(text, ":")) return true;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return false;
  parts.tm_min = *minute;
  if (!take(text, ":")) return true;
  const auto second = take_number(text, 2);
  if (!second || *second > 60) return false;
  parts.tm_sec = *second;
  return true;
}

}  // namespace

std::optional<std::int64_t> calendar_time(std::string_view text) {
  std::tm parts{};
  if (!take_date(text, parts)) return std::nullopt;
  std::int64_t fraction = 0;
  if (take(text, "Tt ")) {
    if (!take_clock(text, parts)) return std::nullopt;
    const auto taken = take_fraction(text);
    if (!taken) return std::nullopt;
    fraction = *taken;
  }
  const Zone zone = take_zone(text);
  if (!zone.valid || !text.empty()) return std::nullopt;
  parts.tm_isdst = -1;  // as the zone has it on that day
  const std::time_t seconds = zone.east ? ::timegm(&parts) - *zone.east : ::mktime(&parts);
  return std::int64_t{seconds} * kSecond + fraction;
}

Result<std::int64_t> parse_moment(const std::string& text, std::chrono::system_clock::time_point now) {
  if (const auto moment = calendar_time(text)) return *moment;
  if (const auto moment = epoch_seconds(text)) return *moment;
  if (const auto ago = scalars::duration(text))
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count() -
           ago->count();
  return fault("\"" + text + "\" is no time: write 42m for so long ago, 2026-11-25T18:42:00Z, or seconds " +
               "since the epoch");
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace stack::cmd
