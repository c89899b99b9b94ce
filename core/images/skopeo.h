// skopeo as a child of ours.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/images/platform.h"
#include "core/sys/spawn.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

// One run. It ends with the object: what it has of a blob is dropped then, and the blobs that are whole stay.
class SkopeoRun {
 public:
  // `kept_open` (or -1) stays open in the child: a lock that is to outlive us, as the child does.
  static Result<SkopeoRun> start(std::vector<std::string> arguments, int kept_open);

  // Takes in what it says for so long at most; whether it has ended.
  bool wait(std::chrono::milliseconds time);
  // Its output, once it has ended; if it failed, what it said.
  Result<std::string> output();

 private:
  SkopeoRun(Child child, UniqueFd output, UniqueFd errors)
      : child_(std::move(child)), output_pipe_(std::move(output)), error_pipe_(std::move(errors)) {}
  static void take(UniqueFd& pipe, std::string& text, std::size_t most);

  Child child_;
  UniqueFd output_pipe_, error_pipe_;
  std::string output_, errors_;
};

// The global options that choose a platform, which come before the verb.
std::vector<std::string> platform_options(const Platform& platform);

// Runs it to its end. An error has its own words: see skopeo_fault.
Result<std::string> run_skopeo(std::vector<std::string> arguments, const std::stop_token& stop);

// What skopeo said on its standard error, as one error that names the fix. Codes: ENOENT for an image that is
// not there, ENETUNREACH for a registry that does not answer, ENOSPC, EACCES for a login, and 0.
Error skopeo_fault(const std::string& said, const std::string& image, const std::string& registry);

}  // namespace stack
