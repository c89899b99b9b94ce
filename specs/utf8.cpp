#include "specs/utf8.h"

#include <algorithm>

#include "specs/text.h"

namespace stack {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// The length of the well-formed sequence at `at` (RFC 3629: no surrogates, nothing overlong), 0 where there
// is none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const unsigned char first = byte_at(text, at);
  if (first < 0x80) return first == 0 ? 0 : 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, at + i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned char second = byte_at(text, at + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

// C1 (U+0080 to U+009F) too: some terminals take U+009B for the ESC [ that it stands for.
bool is_control(std::string_view text, std::size_t at) {
  const unsigned char first = byte_at(text, at);
  return (first < 0x20 && first != '\t') || first == 0x7f || (first == 0xC2 && byte_at(text, at + 1) <= 0x9F);
}

}  // namespace

int characters(std::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::optional<LineColumn> first_not_utf8(std::string_view text) {
  LineColumn place;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence(text, at);
    if (length == 0) return place;
    ++place.column;
    if (text[at] == '\n') place = {place.line + 1, 1};
    at += length;
  }
  return std::nullopt;
}

std::string printable(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence(text, at);
    if (length > 0 && !is_control(text, at)) {
      out.append(text, at, length);
      at += length;
      continue;
    }
    for (const std::size_t end = at + std::max<std::size_t>(length, 1); at < end; ++at)
      out += "\\x" + to_hex({{byte_at(text, at)}});
  }
  return out;
}

Columns::Columns(std::string_view text) : text_(text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return;
  line_starts_.push_back(0);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') line_starts_.push_back(at + 1);
  }
}

int Columns::column(int line, int byte) const {
  if (line_starts_.empty() || static_cast<std::size_t>(line) >= line_starts_.size() || byte < 0) return byte;
  return characters(
      text_.substr(line_starts_[static_cast<std::size_t>(line)], static_cast<std::size_t>(byte)));
}

}  // namespace stack
