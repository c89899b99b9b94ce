#include "cmd/stack/candidates.h"

#include <algorithm>

#include "cmd/stack/verb.h"

namespace stack::cmd {
namespace {

// "table" and "json" of "TEXT:{table,json}", which is how the parser describes a choice.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

// The words before the cursor, read as far as it takes to know where the cursor is.
class Reading {
 public:
  explicit Reading(CLI::App& app) : verb_(&app) {}

  void read(const std::string& word) {
    if (awaited_ != nullptr) {
      if (word == "=") return;  // bash gives "--format=json" as three words
      give(*awaited_, word);
      awaited_ = nullptr;
    } else if (begins_option(word)) {
      read_option(word);
    } else if (CLI::App* inner = names_verb() ? find_verb(*verb_, word) : nullptr; inner != nullptr) {
      verb_ = inner;
    } else {
      arguments_.push_back(word);
    }
  }

  // The option whose value the cursor is at.
  [[nodiscard]] const CLI::Option* awaited() const { return awaited_; }
  [[nodiscard]] CLI::App& verb() const { return *verb_; }
  [[nodiscard]] bool names_verb() const { return arguments_.empty(); }
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }

  // What follows a command is the command's own, and what follows "--" is no option.
  [[nodiscard]] bool may_be_option() const {
    return !only_arguments_ && !(verb_->get_prefix_command() && !arguments_.empty());
  }

  // The argument that the cursor is at, null where there is to be none.
  [[nodiscard]] const CLI::Option* argument() const {
    std::size_t before = 0;
    for (const CLI::Option* option : options_of(*verb_)) {
      if (!option->get_positional()) continue;
      const auto most = static_cast<std::size_t>(option->get_items_expected_max());
      if (arguments_.size() < before + most) return option;
      before += most;
    }
    return nullptr;
  }

  [[nodiscard]] CLI::Option* find(const std::string& name) const {
    for (CLI::App* app = verb_; app != nullptr; app = next_outwards(*app))
      if (CLI::Option* option = app->get_option_no_throw(name); option != nullptr) return option;
    return nullptr;
  }

 private:
  [[nodiscard]] bool begins_option(const std::string& word) const {
    return may_be_option() && word.size() > 1 && word.front() == '-';
  }

  void read_option(const std::string& word) {
    if (word == "--")
      only_arguments_ = true;
    else if (word[1] == '-')
      read_long(word);
    else
      read_short(word);
  }

  void read_long(const std::string& word) {
    const auto equals = word.find('=');
    CLI::Option* option = find(word.substr(0, equals));
    if (option == nullptr || !takes_value(*option)) return;
    if (equals == std::string::npos)
      awaited_ = option;
    else
      give(*option, word.substr(equals + 1));
  }

  // "-qf FILE" and "-fFILE".
  void read_short(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      CLI::Option* option = find(std::string{'-', word[i]});
      if (option == nullptr || !takes_value(*option)) continue;
      if (i + 1 == word.size())
        awaited_ = option;
      else
        give(*option, word.substr(i + 1));
      return;
    }
  }

  static void give(CLI::Option& option, const std::string& value) {
    try {
      option.add_result(value);
      option.run_callback();
    } catch (const CLI::Error&) {  // a value that is none: whoever runs the line is told
    }
  }

  CLI::App* verb_;
  CLI::Option* awaited_ = nullptr;
  std::vector<std::string> arguments_;
  bool only_arguments_ = false;
};

class Candidates {
 public:
  Candidates(std::string begin, const NamesOf& names_of) : begin_(std::move(begin)), names_of_(names_of) {}

  void add(const std::string& word, const std::string& summary = "") {
    if (word.starts_with(begin_)) all_.push_back({word, summary});
  }

  void add_verbs(CLI::App& app) {
    for (const CLI::App* verb : verbs_within(app)) add(verb->get_name(), verb->get_description());
  }

  void add_options(CLI::App& verb) {
    for (CLI::App* app = &verb; app != nullptr; app = next_outwards(*app))
      for (const CLI::Option* option : options_of(*app)) {
        for (const std::string& name : option->get_lnames()) add("--" + name, option->get_description());
        if (begin_.size() > 1) continue;  // a short one is its own completion
        for (const std::string& name : option->get_snames()) add("-" + name, option->get_description());
      }
  }

  void add_names(const std::string& kind) {
    for (const std::string& one : CLI::detail::split(kind, '|'))  // "SERVICE|IMAGE"
      for (const std::string& name : names_of_(one)) add(name);
  }

  void add_values(const CLI::Option& option) {
    const std::vector<std::string> choices = choices_of(option);
    for (const std::string& choice : choices) add(choice);
    if (choices.empty()) add_names(option.get_positional() ? option.get_name(true) : option.get_type_name());
  }

  // Nobody is named twice.
  void leave_out(const std::vector<std::string>& words) {
    std::erase_if(all_, [&](const Candidate& one) {
      return std::find(words.begin(), words.end(), one.word) != words.end();
    });
  }

  [[nodiscard]] std::vector<Candidate> take() { return std::move(all_); }

 private:
  std::string begin_;
  const NamesOf& names_of_;
  std::vector<Candidate> all_;
};

// "--format=js": the value of an option in one word with it.
std::vector<Candidate> values_in_one(const CLI::Option& option, const std::string& word, std::size_t equals,
                                     const NamesOf& names_of) {
  Candidates found(word.substr(equals + 1), names_of);
  found.add_values(option);
  std::vector<Candidate> all = found.take();
  for (Candidate& one : all) one.word.insert(0, word, 0, equals + 1);
  return all;
}

}  // namespace

std::vector<Candidate> candidates(CLI::App& app, std::span<const std::string> words,
                                  const NamesOf& names_of) {
  if (words.empty()) return {};
  Reading line(app);
  for (const std::string& word : words.first(words.size() - 1)) line.read(word);
  const std::string& at = words.back();

  if (line.awaited() != nullptr) {
    Candidates found(at == "=" ? "" : at, names_of);
    found.add_values(*line.awaited());
    return found.take();
  }
  if (line.may_be_option() && at.starts_with("-")) {
    const auto equals = at.find('=');
    const CLI::Option* option = line.find(at.substr(0, equals));
    if (equals != std::string::npos)
      return option == nullptr ? std::vector<Candidate>() : values_in_one(*option, at, equals, names_of);
    Candidates found(at, names_of);
    found.add_options(line.verb());
    return found.take();
  }
  Candidates found(at, names_of);
  if (line.names_verb()) found.add_verbs(line.verb());
  const CLI::Option* argument = line.argument();
  if (line.verb().get_prefix_command() && line.names_verb())
    found.add_names("SERVICE");
  else if (argument != nullptr)
    found.add_values(*argument);
  found.leave_out(line.arguments());
  return found.take();
}

}  // namespace stack::cmd
