// Bytes and characters: a fault's column counts characters, as editors do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stack {

int characters(std::string_view text);

struct LineColumn {
  int line = 1;
  int column = 1;
};

// Where text stops being UTF-8, or holds a NUL, which is no text either; nothing where all is well.
std::optional<LineColumn> first_not_utf8(std::string_view text);

// Escapes control characters other than tab, and bytes that are no UTF-8: what a container, an image or a
// registry has written cannot drive the reader's terminal.
std::string printable(const std::string& text);

// From the byte columns of a parser to columns of characters. Keeps no copy of the text.
class Columns {
 public:
  explicit Columns(std::string_view text);
  // Both counted from 0.
  [[nodiscard]] int column(int line, int byte) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;  // empty where all is ASCII
};

}  // namespace stack
