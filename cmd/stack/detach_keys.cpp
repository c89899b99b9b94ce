#include "cmd/stack/detach_keys.h"

#include "specs/text.h"

namespace stack::cmd {
namespace {

// As a terminal makes it of the key: the sign's low five bits.
Result<char> key_of(const std::string& word) {
  constexpr std::string_view kControl = "ctrl-";
  if (word.size() == 1) return word.front();
  if (word.size() == kControl.size() + 1 && word.starts_with(kControl)) {
    const char sign = word.back();
    const bool is_control = (sign >= 'a' && sign <= 'z') || (sign >= '@' && sign <= '_');
    if (is_control) return static_cast<char>(sign & 0x1f);
  }
  return fault("--detach-keys: \"" + word + "\" is no key: one sign, or \"ctrl-\" and a letter");
}

}  // namespace

Result<DetachKeys> DetachKeys::parse(const std::string& text) {
  std::string sequence;
  if (!text.empty())
    for (const std::string& word : split(text, ',')) sequence += TRY(key_of(word));
  return DetachKeys(std::move(sequence));
}

std::string DetachKeys::pass(std::string_view keys) {
  std::string passed;
  for (const char key : keys) {
    if (found_) break;
    // Begun wrongly, it may have begun anew within: "aab" has "ab" in it.
    while (typed_ > 0 && key != sequence_[typed_]) {
      const std::string begun = sequence_.substr(0, typed_);
      std::size_t kept = typed_ - 1;
      while (kept > 0 && begun.substr(typed_ - kept) != sequence_.substr(0, kept)) --kept;
      passed += begun.substr(0, typed_ - kept);
      typed_ = kept;
    }
    if (sequence_.empty() || key != sequence_[typed_])
      passed += key;
    else
      found_ = ++typed_ == sequence_.size();
  }
  return passed;
}

}  // namespace stack::cmd
