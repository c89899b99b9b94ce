// Completion in the shells: their scripts (`stack completion bash`) ask `stack __complete WORD...` what may
// stand at the cursor, so that they know no verb and no option themselves and never fall behind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cmd/stack/verb.h"

namespace stack::cmd {

inline constexpr std::string_view kComplete = "__complete";

// A line for each candidate: the word, and where there is one a tab and a summary. Nothing is said about a
// file with faults. `words` as for candidates().
void print_candidates(CLI::App& app, const Globals& globals, const std::vector<std::string>& words);

}  // namespace stack::cmd
