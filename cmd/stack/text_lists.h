// Several names or several faults in one text. Pure.
#pragma once

#include <string>
#include <vector>

#include "specs/result.h"

namespace stack::cmd {

// "a", "b"
std::string quoted_list(const std::vector<std::string>& words);

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
