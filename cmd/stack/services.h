// The services that a command is given by name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// The error of a name that none of the `known` ones is, with the nearest of them where one is near.
Error no_such_service(const std::string& name, const std::vector<std::string>& known);

std::vector<std::string> names_of(const StackSpec& spec);

// The error of the first name that the stack has not.
Result<void> check_services(const StackSpec& spec, const std::vector<std::string>& names);

enum class Dependencies { leave, take };

// The named ones, which the stack has, and what they depend on where that is wanted; none named is all.
std::set<std::string> chosen_services(const StackSpec& spec, const std::vector<std::string>& names,
                                      Dependencies dependencies);

// How many containers services are to have, in place of what the file says, by words like "web=3". The error
// is of every word that cannot be.
Result<void> scale(StackSpec& spec, const std::vector<std::string>& words);

}  // namespace stack::cmd
