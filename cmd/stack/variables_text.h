// The variables that a model names, as `stack config --variables` tells them. Pure.
#pragma once

#include <map>
#include <string>

#include "specs/merged_model.h"

namespace stack::cmd {

// A table by name; or an object, as docker compose has it, where `format` is "json" or "yaml".
std::string variables_text(const std::map<std::string, ModelVariable>& variables, const std::string& format);

}  // namespace stack::cmd
