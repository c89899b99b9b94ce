// The driver_opts of a network that a bridge of ours knows, by the names that Docker's bridge driver gave
// them.
#pragma once

#include <map>
#include <string>

#include "specs/reading.h"
#include "specs/stack_spec.h"

namespace stack {

void read_driver_opts(Reading& reading, const Node& node, NetworkSpec& spec);
// Those that differ from what is so by itself, as the file would say them.
std::map<std::string, std::string> driver_opts_of(const NetworkSpec& network);

}  // namespace stack
