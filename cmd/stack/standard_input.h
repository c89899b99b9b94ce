// Standard input as a file: an archive is read more than once, and by skopeo too.
#pragma once

#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::cmd {

// A copy without a name, so that nothing is left of it whatever ends us.
class StandardInput {
 public:
  // An error where standard input is a terminal; `option` says what to give instead.
  static Result<StandardInput> copy(const std::string& option);
  // As long as this object lives, for this process and its children.
  [[nodiscard]] std::string path() const;
  // An error of who has read that path, in words that say something to the user.
  [[nodiscard]] Error named(const Error& error) const;

 private:
  explicit StandardInput(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace stack::cmd
