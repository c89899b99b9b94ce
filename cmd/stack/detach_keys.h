// The keys that end `stack attach` while the service runs on, as Docker has them: "ctrl-p,ctrl-q". Pure.
#pragma once

#include <string>
#include <string_view>

#include "specs/result.h"

namespace stack::cmd {

class DetachKeys {
 public:
  // Keys with commas between: one sign each, or ctrl- and a letter or one of @ [ \ ] ^ _. "" is none.
  static Result<DetachKeys> parse(const std::string& text);

  // What of the keys goes to the service: a sequence that has only begun is held back, and given when it
  // turns out to be none. After the whole sequence found() is true, and what follows is dropped.
  std::string pass(std::string_view keys);
  [[nodiscard]] bool found() const { return found_; }

 private:
  explicit DetachKeys(std::string sequence) : sequence_(std::move(sequence)) {}

  std::string sequence_;
  std::size_t typed_ = 0;
  bool found_ = false;
};

}  // namespace stack::cmd
