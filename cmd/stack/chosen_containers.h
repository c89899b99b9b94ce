// The containers, as the reconciler tells of them, that a command is about.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cmd/stack/verb.h"
#include "specs/result.h"

namespace stack::cmd {

// As in Compose: one-offs (`stack run`) are not what a service is judged by.
enum class OneOffs { leave, take };

// Of the answer to `ps`: those of the named services, in the order of the answer; none named is all.
Result<std::vector<nlohmann::json>> chosen_containers(const nlohmann::json& status,
                                                      const std::vector<std::string>& services,
                                                      OneOffs one_offs = OneOffs::leave);

// The same, asked for: the error says so where the stack does not run.
Result<std::vector<nlohmann::json>> containers_of(const std::string& project,
                                                  const std::vector<std::string>& services);

// Whether it has processes, held still or not.
bool is_up(const nlohmann::json& container);

// Compose's `--index`: which of a service's containers; 0, where it is not given, is the first.
void add_index(CLI::App& command, int& index);
// That one, asked for.
Result<nlohmann::json> container_at(const std::string& project, const std::string& service, int index);

}  // namespace stack::cmd
