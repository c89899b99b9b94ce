#include "cmd/stack/fault_json.h"

#include <nlohmann/json.hpp>

namespace stack::cmd {
namespace {

using nlohmann::json;

const char* word_of(Origin::How how) {
  switch (how) {
    case Origin::How::env_file:
      return "env-file";
    case Origin::How::environment:
      return "environment";
    case Origin::How::default_value:
      return "default";
    case Origin::How::unset:
      return "unset";
    case Origin::How::alias:
      return "alias";
    case Origin::How::extends:
      return "extends";
    case Origin::How::include:
      return "include";
  }
  return "";
}

json to_json(const Origin& origin) {
  json object = {{"how", word_of(origin.how)}};
  if (!origin.variable.empty()) object["variable"] = origin.variable;
  if (origin.pos.line == 0) return object;
  object["file"] = origin.pos.file;
  object["line"] = origin.pos.line;
  object["column"] = origin.pos.column;
  return object;
}

json to_json(const Diagnostic& diagnostic) {
  json origins = json::array();
  for (const Origin* one = diagnostic.origins.get(); one != nullptr; one = one->next.get())
    origins.push_back(to_json(*one));
  return {{"file", diagnostic.pos.file},
          {"line", diagnostic.pos.line},
          {"column", diagnostic.pos.column},
          {"end_line", diagnostic.pos.line},
          {"end_column", diagnostic.pos.line == 0 ? 0 : diagnostic.pos.column + diagnostic.length},
          {"code", name_of(diagnostic.code)},
          {"severity", diagnostic.severity == Severity::error ? "error" : "warning"},
          {"message", diagnostic.message},
          {"hint", diagnostic.hint},
          {"origin", std::move(origins)}};
}

}  // namespace

std::string to_json_lines(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.all())
    text += to_json(diagnostic).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return text;
}

}  // namespace stack::cmd
