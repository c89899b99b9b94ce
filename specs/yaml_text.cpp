#include "specs/yaml_text.h"

#include <nlohmann/json.hpp>
#include <regex>

namespace stack {
namespace {

using Tree = nlohmann::ordered_json;

// Letters first, then nothing that YAML reads as syntax; no word that some YAML version takes for a bool or
// null.
bool is_plain(const std::string& text) {
  static const std::regex plain("[A-Za-z_/][A-Za-z0-9_./@+-]*(:[A-Za-z0-9_./@+-]+)*");
  static const std::regex reserved("(y|n|yes|no|on|off|true|false|null|nan|inf)", std::regex::icase);
  return std::regex_match(text, plain) && !std::regex_match(text, reserved);
}

// A JSON string is a double-quoted YAML scalar too.
std::string scalar(const Tree& value) {
  if (value.is_string() && is_plain(value.get_ref<const std::string&>())) return value.get<std::string>();
  return value.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

void write(const Tree& tree, const std::string& indent, std::string& out);

// What follows "key:" or "-": on the same line for a scalar, below for a collection.
void write_value(const Tree& value, const std::string& indent, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += " " + scalar(value) + "\n";
    return;
  }
  out += "\n";
  write(value, indent + "  ", out);
}

void write(const Tree& tree, const std::string& indent, std::string& out) {
  if (tree.is_array()) {
    for (const Tree& item : tree) {
      if (!item.is_object() || item.empty()) {
        out += indent + "-";
        write_value(item, indent, out);
        continue;
      }
      std::string block;
      write(item, indent + "  ", block);
      block[indent.size()] = '-';
      out += block;
    }
    return;
  }
  for (const auto& [key, value] : tree.items()) {
    out += indent + scalar(key) + ":";
    write_value(value, indent, out);
  }
}

}  // namespace

std::string yaml_text(const Tree& tree) {
  std::string out;
  write(tree, "", out);
  return out;
}

}  // namespace stack
