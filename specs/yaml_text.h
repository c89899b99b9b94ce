// A JSON tree as block-style YAML. Strings that a YAML reader could take for something else are quoted. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace stack {

std::string yaml_text(const nlohmann::ordered_json& tree);

}  // namespace stack
