#include "specs/interpolate.h"

#include <algorithm>

#include "specs/utf8.h"

namespace stack {
namespace {

constexpr int kMaxNesting = 32;
constexpr std::size_t kMostUnset = 100;

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) {
  return starts_name(c) || (c >= '0' && c <= '9');
}

class Interpolation {
 public:
  Interpolation(const std::string& text, const Lookup& lookup, LoneDollar lone, std::size_t& room,
                std::vector<VariableMention>* mentions = nullptr)
      : text_(text), lookup_(lookup), lone_(lone), room_(room), mentions_(mentions) {}

  Interpolated run() {
    result_.text = until_end(true, 0);
    return std::move(result_);
  }

 private:
  enum class Test { none, unset, required, alternative };

  [[nodiscard]] bool more() const { return at_ < text_.size() && !result_.fault; }
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void refuse(std::size_t offset, FaultCode code, std::string message, std::string hint = "") {
    if (!result_.fault) result_.fault = {code, std::move(message), std::move(hint), offset};
  }
  void refuse(std::size_t offset, std::string message, std::string hint = "") {
    refuse(offset, FaultCode::variable_syntax, std::move(message), std::move(hint));
  }

  void note(const std::string& variable, bool is_default) {
    if (result_.uses.size() < kMostOrigins) result_.uses.push_back({variable, is_default});
  }

  // A few variables of many bytes, each named often, would be more than any memory holds.
  std::optional<std::string> find(const std::string& variable, std::size_t start) {
    std::optional<std::string> found = lookup_(variable);
    if (!found) return found;
    if (found->size() > room_) {
      refuse(start, FaultCode::too_large,
             "variables bring in more than " + std::to_string(kMaxTextBytes >> 20U) + " MiB of text");
      return "";
    }
    room_ -= found->size();
    return found;
  }

  // `active` is false in the branch not taken, whose variables may be missing.
  std::string until_end(bool active, int nesting) {
    std::string out;
    while (more()) {
      if (here() == '$') {
        out += dollar(active, nesting);
      } else {
        out += text_[at_++];
      }
    }
    return out;
  }

  // The part after an operator, up to its closing brace, which it takes. Plain braces in it come in pairs.
  std::string word(std::size_t start, bool active, int nesting) {
    std::string out;
    int open = 0;
    while (more()) {
      if (here() == '$') {
        out += dollar(active, nesting);
        continue;
      }
      const char c = text_[at_++];
      if (c == '{') ++open;
      if (c == '}' && open-- == 0) return out;
      out += c;
    }
    refuse(start, "\"${\" without its \"}\"");
    return out;
  }

  std::string name() {
    const std::size_t from = at_;
    if (starts_name(here())) {
      while (continues_name(here())) ++at_;
    }
    return text_.substr(from, at_ - from);
  }

  std::string dollar(bool active, int nesting) {
    const std::size_t start = at_++;
    if (here() == '$') {
      ++at_;
      return "$";
    }
    if (here() == '{') {
      ++at_;
      return braced(start, active, nesting);
    }
    const std::string variable = name();
    if (!variable.empty()) return value(variable, start, active);
    if (lone_ == LoneDollar::refuse)
      refuse(start, "a \"$\" that begins no variable", "a dollar is written \"$$\"");
    return "$";
  }

  std::string braced(std::size_t start, bool active, int nesting) {
    if (nesting >= kMaxNesting) {
      refuse(start, FaultCode::too_large,
             "variables are nested deeper than " + std::to_string(kMaxNesting) + " levels");
      return "";
    }
    const std::string variable = name();
    if (at_ >= text_.size()) {
      refuse(start, "\"${\" without its \"}\"");
      return "";
    }
    if (variable.empty()) {
      refuse(start, "\"${\" without the name of a variable", "a dollar is written \"$$\"");
      return "";
    }
    if (here() == '}') {
      ++at_;
      return value(variable, start, active);
    }
    const bool empty_counts = here() == ':';
    if (empty_counts) ++at_;
    const Test test = here() == '-'   ? Test::unset
                      : here() == '?' ? Test::required
                      : here() == '+' ? Test::alternative
                                      : Test::none;
    if (test == Test::none) {
      refuse(start, "\"${" + variable + "\" is followed by no operator that is known",
             "known are :- - :? ? :+ +");
      return "";
    }
    ++at_;
    return tested({variable, start, test, empty_counts}, active, nesting + 1);
  }

  struct Tested {
    const std::string& variable;
    std::size_t start;
    Test test;
    bool empty_counts;
  };

  std::string tested(const Tested& t, bool active, int nesting) {
    const std::size_t mention = mentions_ == nullptr ? 0 : mentions_->size();
    if (mentions_ != nullptr) mentions_->push_back({t.variable, form_of(t.test), ""});
    const std::size_t from = at_;
    const std::optional<std::string> found = find(t.variable, t.start);
    const bool is_set = found && !(t.empty_counts && found->empty());
    const bool takes_word = t.test == Test::alternative ? is_set : !is_set;
    const std::string other = word(t.start, active && takes_word, nesting);
    if (mentions_ != nullptr && !result_.fault)
      (*mentions_)[mention].word = text_.substr(from, at_ - 1 - from);
    if (!active || result_.fault) return "";
    switch (t.test) {
      case Test::unset:
        note(t.variable, !is_set);
        return is_set ? *found : other;
      case Test::alternative:
        return is_set ? other : "";
      case Test::required:
      case Test::none:
        break;
    }
    if (is_set) {
      note(t.variable, false);
      return *found;
    }
    refuse(t.start, FaultCode::required_variable,
           "required variable \"" + t.variable + "\" is not set" + (other.empty() ? "" : ": " + other));
    return "";
  }

  static VariableMention::Form form_of(Test test) {
    switch (test) {
      case Test::none:
        break;
      case Test::unset:
        return VariableMention::Form::defaults;
      case Test::required:
        return VariableMention::Form::requires_it;
      case Test::alternative:
        return VariableMention::Form::replaces;
    }
    return VariableMention::Form::plain;
  }

  std::string value(const std::string& variable, std::size_t start, bool active) {
    if (mentions_ != nullptr) mentions_->push_back({variable, VariableMention::Form::plain, ""});
    if (!active) return "";
    std::optional<std::string> found = find(variable, start);
    if (found) {
      note(variable, false);
      return *std::move(found);
    }
    // More would say nothing new, and a file of nothing but variables must not take the square of its length.
    if (result_.unset.size() < kMostUnset) result_.unset.push_back({variable, start});
    return "";
  }

  const std::string& text_;
  const Lookup& lookup_;
  const LoneDollar lone_;
  std::size_t& room_;
  std::vector<VariableMention>* const mentions_;
  std::size_t at_ = 0;
  Interpolated result_;
};

// Where in the file an offset into a value is. Only a value that stands there letter by letter tells exactly;
// others (escapes, folded blocks) are looked through for the variable.
SourcePos place_in(const Node& node, const std::string& source, std::size_t offset) {
  const std::size_t nth = static_cast<std::size_t>(
      std::count(node.text.begin(), node.text.begin() + static_cast<std::ptrdiff_t>(offset), '$'));
  std::size_t at = source.find('$', std::min(node.offset, source.size()));
  for (std::size_t i = 0; i < nth && at != std::string::npos; ++i) at = source.find('$', at + 1);
  if (at == std::string::npos) return node.pos;
  const std::string_view passed = std::string_view(source).substr(node.offset, at - node.offset);
  const auto lines = std::count(passed.begin(), passed.end(), '\n');
  if (lines == 0) return {node.pos.file, node.pos.line, node.pos.column + characters(passed)};
  const std::string_view last = passed.substr(passed.rfind('\n') + 1);
  return {node.pos.file, node.pos.line + static_cast<int>(lines), characters(last) + 1};
}

class TreeInterpolation {
 public:
  TreeInterpolation(const Lookup& lookup, const Whence& whence, Diagnostics& diagnostics)
      : lookup_(lookup), whence_(whence), diagnostics_(diagnostics) {}

  void run(Node& node) {
    if (node.is_scalar()) scalar(node);
    for (Node& item : node.items) run(item);
    for (Entry& entry : node.entries) run(entry.value);
  }

 private:
  void scalar(Node& node) {
    if (node.text.find('$') == std::string::npos) return;
    Interpolated done = interpolate(node.text, lookup_, LoneDollar::refuse, room_);
    const std::string& source = diagnostics_.source(node.pos.file);
    for (const auto& [name, offset] : done.unset) {
      diagnostics_.warning({place_in(node, source, offset), static_cast<int>(name.size()) + 1, node.origins},
                           FaultCode::unset_variable,
                           "variable \"" + name + "\" is not set, the empty string is taken");
    }
    if (done.fault) {
      diagnostics_.error({place_in(node, source, done.fault->offset), 1, node.origins}, done.fault->code,
                         done.fault->message, done.fault->hint);
      return;
    }
    note_origins(node, done);
    node.text = std::move(done.text);
  }

  // The chain is made from its end: it reads in the order of the text, those that are not set first.
  void note_origins(Node& node, const Interpolated& done) const {
    for (auto use = done.uses.rbegin(); use != done.uses.rend(); ++use) note_use(node, *use);
    if (!done.unset.empty())
      node.origins = preceded(node.origins, Origin::How::unset, done.unset.front().name, {});
  }

  void note_use(Node& node, const Interpolated::Use& use) const {
    if (use.is_default) {
      node.origins = preceded(node.origins, Origin::How::default_value, use.name, {});
      return;
    }
    const std::optional<SourcePos> line = whence_(use.name);
    node.origins = preceded(node.origins, line ? Origin::How::env_file : Origin::How::environment, use.name,
                            line.value_or(SourcePos{}));
  }

  const Lookup& lookup_;
  const Whence& whence_;
  Diagnostics& diagnostics_;
  std::size_t room_ = kMaxTextBytes;
};

}  // namespace

Interpolated interpolate(const std::string& text, const Lookup& lookup, LoneDollar lone, std::size_t& room) {
  return Interpolation(text, lookup, lone, room).run();
}

std::vector<VariableMention> mentions_in(const std::string& text) {
  std::vector<VariableMention> mentions;
  // Each has a value, so that none that is required ends it.
  const Lookup lookup = [](const std::string&) -> std::optional<std::string> { return "x"; };
  std::size_t room = kMaxTextBytes;
  (void)Interpolation(text, lookup, LoneDollar::keep, room, &mentions).run();
  return mentions;
}

void interpolate_tree(Node& node, const Lookup& lookup, const Whence& whence, Diagnostics& diagnostics) {
  TreeInterpolation(lookup, whence, diagnostics).run(node);
}

}  // namespace stack
