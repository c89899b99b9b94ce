#include "specs/merged_model.h"

#include <nlohmann/json.hpp>

#include "specs/canonical_tree.h"
#include "specs/interpolate.h"
#include "specs/yaml_text.h"

namespace stack {
namespace {

using canonical::Tree;

// A number keeps the form that it has: "1.10" is not 1.1, nor "0440" 440.
Tree plain_value(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  constexpr std::size_t kLongestNumber = 24;
  if (text.size() > kLongestNumber) return text;
  Tree number = Tree::parse(text, nullptr, false);
  if (number.is_number() && number.dump() == text) return number;
  return text;
}

Tree scalar_of(const Node& node, VariablesAre variables) {
  const std::string text = variables == VariablesAre::filled_in ? canonical::escaped(node.text) : node.text;
  return node.quoted ? Tree(text) : plain_value(text);
}

Tree tree_of(const Node& node, VariablesAre variables) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return scalar_of(node, variables);
    case Node::Kind::list: {
      Tree items = Tree::array();
      for (const Node& item : node.items) items.push_back(tree_of(item, variables));
      return items;
    }
    case Node::Kind::map:
      break;
  }
  Tree entries = Tree::object();
  for (const Entry& entry : node.entries) entries[entry.key] = tree_of(entry.value, variables);
  return entries;
}

void take(const VariableMention& mention, std::map<std::string, ModelVariable>& all) {
  ModelVariable& variable = all[mention.name];
  switch (mention.form) {
    case VariableMention::Form::plain:
      break;
    case VariableMention::Form::defaults:
      if (variable.default_value.empty()) variable.default_value = mention.word;
      break;
    case VariableMention::Form::requires_it:
      variable.required = true;
      break;
    case VariableMention::Form::replaces:
      if (variable.alternative.empty()) variable.alternative = mention.word;
      break;
  }
}

void take_below(const Node& node, std::map<std::string, ModelVariable>& all) {
  if (node.text.find('$') != std::string::npos)
    for (const VariableMention& mention : mentions_in(node.text)) take(mention, all);
  for (const Node& item : node.items) take_below(item, all);
  for (const Entry& entry : node.entries) take_below(entry.value, all);
}

}  // namespace

std::string text_of(const MergedModel& model, VariablesAre variables, TextFormat format) {
  Tree tree = {{"name", model.name}};
  const Tree root = tree_of(model.root, variables);
  for (const auto& [key, value] : root.items())
    if (key != "name" && key != "version") tree[key] = value;
  return format == TextFormat::json ? tree.dump(2, ' ', false, Tree::error_handler_t::replace)
                                    : yaml_text(tree);
}

std::map<std::string, ModelVariable> variables_of(const Node& root) {
  std::map<std::string, ModelVariable> all;
  take_below(root, all);
  return all;
}

}  // namespace stack
