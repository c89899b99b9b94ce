#include "specs/scalars.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace stack::scalars {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Digits with at most one point in front of `text`, taken off it. Fixed point of 1e-9, so that 0.1 stays
// exact.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t billionths = 0;
};

std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal number;
  std::size_t digits = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits) {
    if (number.whole > std::numeric_limits<std::uint64_t>::max() / 10 - 1) return std::nullopt;
    number.whole = number.whole * 10 + static_cast<std::uint64_t>(text.front() - '0');
  }
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    std::uint64_t unit = 1'000'000'000;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits) {
      unit /= 10;
      number.billionths += unit * static_cast<std::uint64_t>(text.front() - '0');
    }
  }
  if (digits == 0) return std::nullopt;
  return number;
}

// number * unit, rounded down; nothing above the signed maximum, which is where the kernel's own limits end.
std::optional<std::uint64_t> scaled(const Decimal& number, std::uint64_t unit) {
  __extension__ using Wide = unsigned __int128;
  const Wide value =
      static_cast<Wide>(number.whole) * unit + static_cast<Wide>(number.billionths) * unit / 1'000'000'000U;
  if (value > static_cast<Wide>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

using Unit = std::pair<std::string_view, std::uint64_t>;

template <std::size_t N>
std::optional<std::uint64_t> with_unit(std::string_view text, const std::array<Unit, N>& units) {
  const auto number = take_decimal(text);
  if (!number) return std::nullopt;
  const std::string name = lower(text);
  for (const auto& [unit, factor] : units) {
    if (unit == name) return scaled(*number, factor);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> bytes(std::string_view text) {
  constexpr std::uint64_t kK = 1024;
  static constexpr std::array<Unit, 17> kUnits = {{{"", 1},
                                                   {"b", 1},
                                                   {"k", kK},
                                                   {"kb", kK},
                                                   {"kib", kK},
                                                   {"m", kK * kK},
                                                   {"mb", kK * kK},
                                                   {"mib", kK * kK},
                                                   {"g", kK * kK * kK},
                                                   {"gb", kK * kK * kK},
                                                   {"gib", kK * kK * kK},
                                                   {"t", kK * kK * kK * kK},
                                                   {"tb", kK * kK * kK * kK},
                                                   {"tib", kK * kK * kK * kK},
                                                   {"p", kK * kK * kK * kK * kK},
                                                   {"pb", kK * kK * kK * kK * kK},
                                                   {"pib", kK * kK * kK * kK * kK}}};
  return with_unit(text, kUnits);
}

std::optional<std::uint64_t> bit_rate(std::string_view text) {
  static constexpr std::array<Unit, 5> kUnits = {
      {{"", 1}, {"bit", 1}, {"kbit", 1'000}, {"mbit", 1'000'000}, {"gbit", 1'000'000'000}}};
  return with_unit(text, kUnits);
}

std::optional<Nanoseconds> duration(std::string_view text) {
  if (text == "0") return Nanoseconds(0);
  static constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                                  {"us", 1'000},
                                                  {"\u00b5s", 1'000},
                                                  {"\u03bcs", 1'000},
                                                  {"ms", 1'000'000},
                                                  {"s", 1'000'000'000},
                                                  {"m", 60'000'000'000},
                                                  {"h", 3'600'000'000'000}}};
  std::uint64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_decimal(text);
    if (!number) return std::nullopt;
    const std::string_view name = text.substr(0, text.find_first_of("0123456789."));
    const auto* unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.first == name; });
    if (unit == kUnits.end()) return std::nullopt;
    const auto part = scaled(*number, unit->second);
    if (!part || *part > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - total)
      return std::nullopt;
    total += *part;
    text.remove_prefix(name.size());
  }
  return Nanoseconds(static_cast<std::int64_t>(total));
}

std::optional<bool> truth(std::string_view text) {
  const std::string word = lower(text);
  for (const char* yes : {"true", "yes", "on", "y", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "no", "off", "n", "0"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16, text.remove_prefix(2);
  } else if (text.starts_with("0o")) {
    base = 8, text.remove_prefix(2);
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;  // `mode: 0755` is meant so, and YAML 1.1 reads it so
  }
  if (text.empty() || text.starts_with('-')) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<std::uint64_t> nano_cpus(std::string_view text) {
  const auto number = take_decimal(text);
  if (!number || !text.empty()) return std::nullopt;
  return scaled(*number, 1'000'000'000);
}

std::optional<std::string> signal(std::string_view text) {
  // By number, those of Linux on x86 and ARM (signal(7)).
  static constexpr std::array<std::string_view, 32> kNames = {
      "",     "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
      "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
      "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS"};
  if (const auto number = integer(text)) {
    if (*number < 1 || *number > 31) return std::nullopt;
    return "SIG" + std::string(kNames[static_cast<std::size_t>(*number)]);
  }
  std::string name(text);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (name.starts_with("SIG")) name.erase(0, 3);
  if (name.empty()) return std::nullopt;
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return "SIG" + name;
  if (!name.starts_with("RTMIN+")) return std::nullopt;
  const auto offset = integer(std::string_view(name).substr(6));
  if (!offset || *offset < 0 || *offset > 30) return std::nullopt;
  return "SIG" + name;
}

std::optional<std::string> cpu_set(std::string_view text) {
  const std::string whole(text);
  while (true) {
    const auto comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const auto dash = part.find('-');
    const auto number = [](std::string_view digits) -> std::optional<unsigned> {
      unsigned value = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc() || end != digits.data() + digits.size() || value > 8191) return std::nullopt;
      return value;
    };
    const auto first = number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    if (comma == std::string_view::npos) return whole;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::vector<std::string>> words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < text.size();
    // Between double quotes a backslash is one but before these (POSIX, 2.2.3).
    if (escapes &&
        (quote == '\0' || std::string_view("\\\"$`\n").find(text[i + 1]) != std::string_view::npos)) {
      if (text[++i] != '\n') word += text[i];
      in_word = true;
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (in_word) out.push_back(std::exchange(word, ""));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') return std::nullopt;
  if (in_word) out.push_back(std::move(word));
  return out;
}

}  // namespace stack::scalars
