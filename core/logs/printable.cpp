#include <cstdint>

#include "core/logs/log_reader.h"

namespace stack::logs {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The length of the well-formed UTF-8 sequence at `at` (RFC 3629), 0 where there is none, and its code point.
std::size_t sequence_at(const std::string& text, std::size_t at, std::uint32_t& point) {
  const auto first = static_cast<unsigned char>(text[at]);
  std::size_t length = 0;
  std::uint32_t least = 0;
  if (first < 0x80) {
    point = first;
    return 1;
  }
  if ((first & 0xe0) == 0xc0) {
    length = 2, least = 0x80, point = first & 0x1fu;
  } else if ((first & 0xf0) == 0xe0) {
    length = 3, least = 0x800, point = first & 0x0fu;
  } else if ((first & 0xf8) == 0xf0) {
    length = 4, least = 0x10000, point = first & 0x07u;
  }
  if (length == 0 || text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text[at + i])) return 0;
    point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fu);
  }
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < least || point > 0x10ffff || surrogate ? 0 : length;
}

// C1 (U+0080 to U+009F) too: some terminals take U+009B for the ESC [ that it stands for.
bool is_control(std::uint32_t point) {
  return (point < 0x20 && point != '\t') || (point >= 0x7f && point <= 0x9f);
}

void escape(std::string& out, char c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 0xf];
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::uint32_t point = 0;
    const std::size_t length = sequence_at(text, at, point);
    const std::size_t taken = length == 0 ? 1 : length;
    if (length > 0 && !is_control(point)) {
      out.append(text, at, length);
    } else {
      for (std::size_t i = 0; i < taken; ++i) escape(out, text[at + i]);
    }
    at += taken;
  }
  return out;
}

}  // namespace stack::logs
