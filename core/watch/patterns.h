// Patterns as in .dockerignore (moby/patternmatcher): `*` and `?` within a name, `**` for any number of
// folders, `!` for what is excepted again. The last that matches decides; what matches a folder matches all
// below it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stack::watch {

class Patterns {
 public:
  Patterns() = default;
  explicit Patterns(const std::vector<std::string>& lines);

  // `path` is relative to what the patterns are relative to: "src/a.py", no "." or ".." in it.
  [[nodiscard]] bool match(const std::string& path) const;
  // Whether something below a folder that matches may be excepted.
  [[nodiscard]] bool has_exceptions() const { return has_exceptions_; }
  [[nodiscard]] bool empty() const { return patterns_.empty(); }

 private:
  struct Pattern {
    std::vector<std::string> names;  // between the slashes
    bool excepted = false;
  };

  std::vector<Pattern> patterns_;
  bool has_exceptions_ = false;
};

// The patterns in the text of a .dockerignore: a line each, but for those that are blank or begin with "#".
std::vector<std::string> pattern_lines(const std::string& text);

}  // namespace stack::watch
