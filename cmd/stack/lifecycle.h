// What `start`, `stop`, `restart`, `kill` and `down` have in common: a request with services and a time of
// grace, progress shown, and an error where the stack does not run.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cmd/stack/verb.h"

namespace stack::cmd {

struct LifecycleOptions {
  std::vector<std::string> services;
  std::optional<double> timeout;
  std::string signal;
};

void add_services(CLI::App& command, std::vector<std::string>& services);
void add_timeout(CLI::App& command, std::optional<double>& timeout);

Result<int> command_services(const char* verb, const LifecycleOptions& options, const Globals& globals);

}  // namespace stack::cmd
