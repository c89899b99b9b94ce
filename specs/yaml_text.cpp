#include "specs/yaml_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "specs/text.h"

namespace stack {
namespace {

using Tree = nlohmann::ordered_json;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// No word that some YAML version takes for a bool, a null or a number.
bool is_reserved(const std::string& text) {
  constexpr std::string_view kReserved[] = {"y",    "n",     "yes",  "no",  "on", "off",
                                            "true", "false", "null", "nan", "inf"};
  return text.size() <= 5 &&
         std::find(std::begin(kReserved), std::end(kReserved), lower_case(text)) != std::end(kReserved);
}

// Letters first, then nothing that YAML reads as syntax: a colon only within a word.
bool is_plain(const std::string& text) {
  if (text.empty() || !(is_letter(text.front()) || text.front() == '_' || text.front() == '/')) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    const bool in_word = is_letter(c) || (c >= '0' && c <= '9') ||
                         std::string_view("_./@+-").find(c) != std::string_view::npos;
    const bool colon_within = c == ':' && text[i - 1] != ':' && i + 1 < text.size();
    if (!in_word && !colon_within) return false;
  }
  return !is_reserved(text);
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
