#include "cmd/stack/variables_text.h"

#include <nlohmann/json.hpp>

#include "cmd/stack/format.h"
#include "specs/yaml_text.h"

namespace stack::cmd {
namespace {

using Tree = nlohmann::ordered_json;
using Variables = std::map<std::string, ModelVariable>;

std::string table(const Variables& variables) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"}};
  for (const auto& [name, variable] : variables)
    rows.push_back(
        {name, variable.required ? "true" : "false", variable.default_value, variable.alternative});
  return columns(rows);
}

Tree json_tree(const Variables& variables) {
  Tree tree = Tree::object();
  for (const auto& [name, variable] : variables)
    tree[name] = {{"Name", name},
                  {"DefaultValue", variable.default_value},
                  {"PresenceValue", variable.alternative},
                  {"Required", variable.required}};
  return tree;
}

Tree yaml_tree(const Variables& variables) {
  Tree tree = Tree::object();
  for (const auto& [name, variable] : variables)
    tree[name] = {{"name", name},
                  {"defaultvalue", variable.default_value},
                  {"presencevalue", variable.alternative},
                  {"required", variable.required}};
  return tree;
}

}  // namespace

std::string variables_text(const Variables& variables, const std::string& format) {
  if (format == "json")
    return json_tree(variables).dump(-1, ' ', false, Tree::error_handler_t::replace) + "\n";
  return format == "yaml" ? yaml_text(yaml_tree(variables)) : table(variables);
}

}  // namespace stack::cmd
