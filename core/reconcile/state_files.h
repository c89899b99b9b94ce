// The files that say what a stack is and is to be, and what was written to them last: so that what somebody
// else has made of them is noticed, and undone.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "core/control/paths.h"
#include "core/reconcile/intent.h"
#include "core/reconcile/record.h"
#include "specs/result.h"

namespace stack {

class StateFiles {
 public:
  explicit StateFiles(Paths paths) : paths_(std::move(paths)) {}

  Result<void> keep(const ContainerRecord& record);
  Result<void> drop(const std::string& service);  // its record
  Result<void> keep(const Intent& intent, const std::string& wire);
  // The same once more, where the one on the disk is none that should become the generation before it.
  Result<void> keep_again(const Intent& intent, const std::string& wire);
  Result<void> keep_kernel_state(const std::string& text);
  // Those that the last reconciler has left are as they should be. An intent that could not be read is not.
  void take_over(const Records& records);

  // By the name in which people are told of them: "state/web.json", "kernel.json", "intent.json"; nothing of
  // a file that is none of these.
  [[nodiscard]] std::string name_of(const std::string& path) const;
  [[nodiscard]] std::map<std::string, std::string> all() const;  // name -> path
  // How the file differs from what was written: "deleted", "changed"; "" where it does not.
  [[nodiscard]] std::string difference(const std::string& path) const;

 private:
  Result<void> write(const std::string& path, const std::string& text);

  Paths paths_;
  std::map<std::string, std::size_t> written_;  // path -> hash of the text
};

}  // namespace stack
