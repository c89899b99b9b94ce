#include "core/watch/patterns.h"

#include <fnmatch.h>

#include <span>

#include "specs/text.h"

namespace stack::watch {
namespace {

constexpr const char* kBlanks = " \t\r";

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Without what a path says twice; "**x" is "**/x" as Docker reads it.
std::vector<std::string> names_of(const std::string& pattern) {
  std::vector<std::string> names;
  for (std::string& name : split(pattern, '/')) {
    if (name.empty() || name == ".") continue;
    if (name == ".." && !names.empty()) {
      names.pop_back();
      continue;
    }
    if (name.size() > 2 && name.starts_with("**")) {
      names.emplace_back("**");
      name.erase(0, 2);
    }
    names.push_back(std::move(name));
  }
  return names;
}

// "a/**" is all below "a", and not "a" itself. Each "**" goes back only to the one before it failed, as a
// glob's "*" does: no pattern takes more than names times path.
bool matches(std::span<const std::string> pattern, std::span<const std::string> path) {
  std::size_t p = 0, at = 0;
  std::size_t star = pattern.size(), star_at = 0;
  while (at < path.size()) {
    if (p < pattern.size() && pattern[p] == "**") {
      if (p + 1 == pattern.size()) return true;
      star = p++;
      star_at = at;
    } else if (p < pattern.size() && ::fnmatch(pattern[p].c_str(), path[at].c_str(), 0) == 0) {
      ++p;
      ++at;
    } else if (star < pattern.size()) {
      p = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  return p == pattern.size();
}

// Itself or a folder above it.
bool matches_or_above(std::span<const std::string> pattern, std::span<const std::string> path) {
  for (std::size_t length = 1; length <= path.size(); ++length)
    if (matches(pattern, path.first(length))) return true;
  return false;
}

}  // namespace

Patterns::Patterns(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    std::string text = trimmed(line);
    Pattern pattern;
    pattern.excepted = text.starts_with('!');
    if (pattern.excepted) text.erase(0, 1);
    pattern.names = names_of(trimmed(text));
    if (pattern.names.empty()) continue;
    has_exceptions_ = has_exceptions_ || pattern.excepted;
    patterns_.push_back(std::move(pattern));
  }
}

bool Patterns::match(const std::string& path) const {
  const std::vector<std::string> names = split(path, '/');
  bool matched = false;
  for (const Pattern& pattern : patterns_)
    if (pattern.excepted == matched && matches_or_above(pattern.names, names)) matched = !pattern.excepted;
  return matched;
}

std::vector<std::string> pattern_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string& line : split(text, '\n'))
    if (!line.starts_with('#') && !trimmed(line).empty()) lines.push_back(trimmed(line));
  return lines;
}

}  // namespace stack::watch
