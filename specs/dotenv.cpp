#include "specs/dotenv.h"

#include "specs/utf8.h"

namespace stack {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '[' || c == ']';
}

class DotenvReader {
 public:
  DotenvReader(const EnvFile& from, const Lookup& lookup, Diagnostics& diagnostics,
               std::map<std::string, std::string>& known, VariableLines* lines)
      : file_(from.file),
        text_(from.text),
        outer_(lookup),
        diagnostics_(diagnostics),
        known_(known),
        lines_(lines) {}

  void run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) line();
  }

 private:
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  [[nodiscard]] SourcePos place(std::size_t offset) {
    // Forward only, as the places asked for mostly are: a long file is not counted through again for each.
    if (offset < counted_) counted_ = 0, line_ = 1, line_start_ = 0;
    for (; counted_ < offset; ++counted_) {
      if (text_[counted_] == '\n') ++line_, line_start_ = counted_ + 1;
    }
    return {file_, line_, characters(std::string_view(text_).substr(line_start_, offset - line_start_)) + 1};
  }

  void skip_blanks() {
    while (is_blank(here())) ++at_;
  }
  void skip_line() {
    const auto end = text_.find('\n', at_);
    at_ = end == std::string::npos ? text_.size() : end + 1;
  }

  void line() {
    skip_blanks();
    if (here() == '#' || here() == '\n' || at_ >= text_.size()) return skip_line();
    if (text_.compare(at_, 6, "export") == 0 && at_ + 6 < text_.size() && is_blank(text_[at_ + 6])) {
      at_ += 6;
      skip_blanks();
    }
    const std::size_t start = at_;
    while (in_name(here())) ++at_;
    const std::string key = text_.substr(start, at_ - start);
    skip_blanks();
    if (key.empty()) {
      diagnostics_.error({place(start)}, FaultCode::env_file_syntax,
                         "a line must begin with the name of a variable");
      return skip_line();
    }
    if (here() == '=' || here() == ':') {
      if (lines_ != nullptr) (*lines_)[key] = place(start);
      ++at_;
      return assign(key);
    }
    if (at_ < text_.size() && here() != '\n' && here() != '#') {
      diagnostics_.error({place(at_)}, FaultCode::env_file_syntax,
                         "\"" + key + "\" must be followed by \"=\"");
      return skip_line();
    }
    if (auto inherited = outer_(key)) known_[key] = *std::move(inherited);
    skip_line();
  }

  void assign(const std::string& key) {
    skip_blanks();
    const char quote = here();
    if (quote == '\'' || quote == '"') return quoted(key, quote);
    const std::size_t start = at_;
    std::size_t end = std::min(text_.find('\n', at_), text_.size());
    // A comment begins after a blank; "a#b" is a value.
    for (std::size_t i = start; i < end; ++i) {
      if (text_[i] == '#' && (i == start || is_blank(text_[i - 1]))) end = i;
    }
    while (end > start && is_blank(text_[end - 1])) --end;
    known_[key] = expanded(text_.substr(start, end - start), start);
    skip_line();
  }

  void quoted(const std::string& key, char quote) {
    const std::size_t start = at_++;
    std::string raw;
    while (at_ < text_.size() && here() != quote) {
      if (here() == '\\' && at_ + 1 < text_.size() && (quote == '"' || text_[at_ + 1] == quote)) {
        ++at_;
        raw += quote == '"' ? unescaped() : std::string(1, here());
      } else {
        raw += here();
      }
      ++at_;
    }
    if (at_ >= text_.size()) {
      diagnostics_.error({place(start)}, FaultCode::env_file_syntax,
                         std::string("no closing ") + quote + " of the value of \"" + key + "\"");
      return;
    }
    ++at_;
    known_[key] = quote == '"' ? expanded(raw, start) : raw;
    skip_blanks();
    if (at_ < text_.size() && here() != '\n' && here() != '#') {
      diagnostics_.error({place(at_)}, FaultCode::env_file_syntax,
                         "nothing may follow the closing " + std::string(1, quote) + " but a comment");
    }
    skip_line();
  }

  // The character after a backslash between double quotes; an escaped dollar stays one through the
  // interpolation.
  [[nodiscard]] std::string unescaped() const {
    switch (here()) {
      case 'n':
        return "\n";
      case 'r':
        return "\r";
      case 't':
        return "\t";
      case '$':
        return "$$";
      case '"':
      case '\\':
      case '\'':
        return {here()};
      default:
        return {'\\', here()};
    }
  }

  std::string expanded(const std::string& raw, std::size_t start) {
    if (raw.find('$') == std::string::npos) return raw;
    // The process's own variables come before those of the file, as in the stack file itself.
    const Lookup lookup = [this](const std::string& name) -> std::optional<std::string> {
      if (auto found = outer_(name)) return found;
      const auto it = known_.find(name);
      return it == known_.end() ? std::nullopt : std::optional(it->second);
    };
    Interpolated done = interpolate(raw, lookup, LoneDollar::keep, room_);
    for (const auto& [name, offset] : done.unset) {
      diagnostics_.warning({place(start)}, FaultCode::unset_variable,
                           "variable \"" + name + "\" is not set, the empty string is taken");
    }
    if (!done.fault) return std::move(done.text);
    diagnostics_.error({place(start)}, done.fault->code, done.fault->message, done.fault->hint);
    return raw;
  }

  const std::string& file_;
  const std::string& text_;
  const Lookup& outer_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::string>& known_;
  VariableLines* const lines_;
  std::size_t room_ = kMaxTextBytes;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
};

}  // namespace

void read_dotenv(const EnvFile& from, const Lookup& lookup, Diagnostics& diagnostics,
                 std::map<std::string, std::string>& known, VariableLines* lines) {
  diagnostics.add_source(from.file, from.text);
  if (from.text.size() > kMaxFileBytes) {
    diagnostics.error({{from.file, 1, 1}}, FaultCode::too_large, "the file is larger than 4 MiB");
  } else if (const auto bad = first_not_utf8(from.text)) {
    diagnostics.error({{from.file, bad->line, bad->column}}, FaultCode::not_utf8,
                      "the file is not UTF-8 text");
  } else {
    DotenvReader(from, lookup, diagnostics, known, lines).run();
  }
}

}  // namespace stack
