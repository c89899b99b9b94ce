// Signal names as people write them.
#pragma once

#include <optional>
#include <string>

namespace stack {

// "SIGTERM", "term", "15", "SIGRTMIN+3" -> its number; nothing for what is no signal.
std::optional<int> signal_number(const std::string& name);
// 9 -> "SIGKILL".
std::string signal_name(int number);

}  // namespace stack
