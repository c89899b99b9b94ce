#include "specs/diagnostics.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace stack {
namespace {

// A file of nothing but faults (an alias bomb of them, say) is cut off here; nobody reads on.
constexpr std::size_t kMost = 1000;

std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// What stands below the columns before the caret: tabs stay tabs, so that the caret is where the eye looks
// for it. A line's own control characters would move the terminal's cursor, so they are shown as "?".
struct Quoted {
  std::string line;
  std::string below;
  int length = 0;
};

// Of a very long line the part around the caret is enough; `column` becomes the one in that part.
std::string_view window(std::string_view line, int& column) {
  constexpr std::size_t kWidth = 160;
  if (line.size() <= kWidth) return line;
  std::size_t start = 0;
  for (int passed = 1; passed < column - 60 && start < line.size(); ++passed) {
    do ++start;
    while (start < line.size() && continues_character(line[start]));
    if (passed + 1 >= column - 60) column -= passed;
  }
  std::size_t end = std::min(start + kWidth, line.size());
  while (end < line.size() && continues_character(line[end])) ++end;
  return line.substr(start, end - start);
}

Quoted quote(std::string_view line, int column) {
  Quoted quoted;
  for (const char c : line) {
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    quoted.line += control ? '?' : c;
    if (continues_character(c)) continue;
    if (++quoted.length < column) quoted.below += c == '\t' ? '\t' : ' ';
  }
  if (column > quoted.length + 1) quoted.below.resize(quoted.line.size(), ' ');
  return quoted;
}

struct Colours {
  const char *place, *error, *warning, *note, *caret, *off;
};
constexpr Colours kPlain{"", "", "", "", "", ""};
constexpr Colours kColours{"\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[32m", "\x1b[0m"};

// Text of the file may be in a message; its escapes are not for the terminal.
std::string printable(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  }
  return out;
}

std::string place_before(const SourcePos& pos, const Colours& colours) {
  if (pos.file.empty()) return "";
  std::string place = printable(pos.file);
  if (pos.line > 0) place += ":" + std::to_string(pos.line) + ":" + std::to_string(pos.column);
  return colours.place + place + ":" + colours.off + " ";
}

std::string head_of(const Diagnostic& diagnostic, const Colours& colours) {
  const bool error = diagnostic.severity == Severity::error;
  std::string head = place_before(diagnostic.pos, colours);
  head += error ? colours.error : colours.warning;
  head += std::string(error ? "error:" : "warning:") + colours.off + " " + printable(diagnostic.message);
  return head + " [" + name_of(diagnostic.code) + "]";
}

// A line each. The value of a variable may be a secret, so no line of an env file is quoted.
std::string notes_of(const Diagnostic& diagnostic, const Colours& colours) {
  std::string text;
  for (const Origin* origin = diagnostic.origins.get(); origin != nullptr; origin = origin->next.get()) {
    const std::string words = words_of(*origin);
    if (words == diagnostic.hint) continue;
    text += place_before(origin->pos.line > 0 ? origin->pos : diagnostic.pos, colours);
    text += std::string(colours.note) + "note:" + colours.off + " " + printable(words) + "\n";
  }
  return text;
}

std::string excerpt_of(const Diagnostic& diagnostic, const std::string& source, const Colours& colours) {
  int column = diagnostic.pos.column;
  const std::string_view line = window(line_of(source, diagnostic.pos.line), column);
  const Quoted quoted = quote(line, column);
  std::string number = std::to_string(diagnostic.pos.line);
  if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
  std::string text =
      number + " | " + quoted.line + "\n" + std::string(number.size(), ' ') + " | " + quoted.below;
  const int room = std::max(1, quoted.length - column + 1);
  const auto tail = static_cast<std::size_t>(std::clamp(diagnostic.length, 1, room) - 1);
  text += colours.caret + ("^" + std::string(tail, '~')) + colours.off;
  if (!diagnostic.hint.empty()) text += " " + printable(diagnostic.hint);
  return text + "\n";
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Damerau-Levenshtein (optimal string alignment): one slip is a wrong, missing, additional or swapped letter.
std::size_t slips(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t wrong = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

void Diagnostics::error(const Mark& at, FaultCode code, std::string message, std::string hint) {
  add({Severity::error, code, at.pos, at.length, at.origins, std::move(message), std::move(hint)});
}

void Diagnostics::warning(const Mark& at, FaultCode code, std::string message, std::string hint) {
  add({Severity::warning, code, at.pos, at.length, at.origins, std::move(message), std::move(hint)});
}

// An alias brings the same text in twice; its faults are said once.
void Diagnostics::add(Diagnostic diagnostic) {
  if (all_.size() > kMost) return;
  if (all_.size() == kMost) {
    all_.push_back({Severity::error,
                    FaultCode::too_large,
                    {diagnostic.pos.file, 0, 0},
                    1,
                    nullptr,
                    "too many faults, the rest is not shown",
                    ""});
    return;
  }
  for (const Diagnostic& said : all_) {
    if (said.pos.line == diagnostic.pos.line && said.pos.column == diagnostic.pos.column &&
        said.message == diagnostic.message && said.pos.file == diagnostic.pos.file) {
      return;
    }
  }
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::add_source(const std::string& file, std::string text) {
  if (sources_.insert_or_assign(file, std::move(text)).second) order_.push_back(file);
}

const std::string& Diagnostics::source(const std::string& file) const {
  static const std::string kNone;
  const auto it = sources_.find(file);
  return it == sources_.end() ? kNone : it->second;
}

void Diagnostics::sort() {
  const auto rank = [this](const Diagnostic& d) {
    return std::tuple(std::find(order_.begin(), order_.end(), d.pos.file) - order_.begin(), d.pos.line,
                      d.pos.column);
  };
  std::stable_sort(all_.begin(), all_.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

bool Diagnostics::has_errors() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::string Diagnostics::render(bool colour) const {
  const Colours& colours = colour ? kColours : kPlain;
  Diagnostics sorted = *this;
  sorted.sort();
  std::string text;
  for (const Diagnostic& diagnostic : sorted.all_) {
    const auto source = sources_.find(diagnostic.pos.file);
    text += head_of(diagnostic, colours);
    if (diagnostic.pos.line > 0 && source != sources_.end()) {
      text += "\n" + excerpt_of(diagnostic, source->second, colours);
    } else {
      text += diagnostic.hint.empty() ? "\n" : ": " + printable(diagnostic.hint) + "\n";
    }
    text += notes_of(diagnostic, colours);
  }
  return text;
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  // A long word (a 10 MB key) is near to nothing, and comparing it would take its square.
  if (word.empty() || word.size() > 64) return "";
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 64) continue;
    const std::size_t distance = slips(lower(word), lower(candidate));
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates,
                         const std::string& otherwise) {
  const std::string meant = nearest(word, candidates);
  return meant.empty() ? otherwise : "did you mean \"" + meant + "\"?";
}

}  // namespace stack
