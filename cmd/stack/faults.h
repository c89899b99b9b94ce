// The faults of a verb that goes on after one. Pure.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack::cmd {

// Of a verb that does its best for each of its arguments.
class Faults {
 public:
  void add(const Result<void>& done) {
    if (!done) add(done.error().words);
  }
  void add(const std::string& words) { text_ += (text_.empty() ? "" : "\n") + words; }
  // An error with a line for each fault.
  [[nodiscard]] Result<void> result() const { return text_.empty() ? Result<void>() : fault(text_); }

 private:
  std::string text_;
};

}  // namespace stack::cmd
