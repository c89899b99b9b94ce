// buildah as a child of ours, with all that it starts.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "specs/result.h"

namespace stack {

// What it and its children say on both of their outputs, line by line, without the newline.
using LineSink = std::function<void(const std::string&)>;

// Runs it to its end; the exit code, 128 + n where signal n ended it. When it has ended, nothing that it
// started runs on. A stop is SIGTERM, which lets buildah clear away, and after a while SIGKILL. An error is
// that of a buildah that could not be run, ENOENT if there is none.
Result<int> run_buildah(std::vector<std::string> arguments, const LineSink& line,
                        const std::stop_token& stop);

// Removes the working containers of a build that was ended before it could do so itself: those that were
// given a secret of that id.
void remove_working_containers(const std::string& mark);

}  // namespace stack
