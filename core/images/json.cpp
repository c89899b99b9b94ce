#include "core/images/json.h"

namespace stack::json {
namespace {

const Value& member(const Value& object, const char* key) {
  static const Value kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

Error wrong(const char* key, const char* expected) {
  return fault("\"" + std::string(key) + "\" is no " + expected);
}

Result<std::string> text_of(const Value& value, const char* key) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) return wrong(key, "text");
  if (text->find('\0') != std::string::npos) return fault("\"" + std::string(key) + "\" has a NUL in it");
  return *text;
}

}  // namespace

Result<Value> parse_object(std::string_view text, const std::string& what) {
  if (text.size() > kMostBytes)
    return fault(what + " has more than " + std::to_string(kMostBytes) + " bytes");
  bool too_deep = false;
  const auto watch = [&](int depth, Value::parse_event_t, Value&) {
    too_deep = too_deep || depth > kMostDepth;
    return !too_deep;
  };
  Value value = Value::parse(text, watch, /*allow_exceptions=*/false);
  if (too_deep) return fault(what + " is nested too deeply");
  if (value.is_discarded()) return fault(what + " is no JSON");
  if (!value.is_object()) return fault(what + " is no JSON object");
  return value;
}

Result<std::string> text(const Value& object, const char* key) {
  const Value& value = member(object, key);
  if (value.is_null()) return std::string();
  return text_of(value, key);
}

Result<std::vector<std::string>> texts(const Value& object, const char* key) {
  const Value& value = member(object, key);
  std::vector<std::string> list;
  if (value.is_null()) return list;
  // As Docker reads it (api/types/strslice).
  if (value.is_string()) return std::vector<std::string>{TRY(text_of(value, key))};
  if (!value.is_array()) return wrong(key, "list");
  for (const Value& one : value) list.push_back(TRY(text_of(one, key)));
  return list;
}

Result<std::map<std::string, std::string>> text_map(const Value& object, const char* key) {
  const Value& value = member(object, key);
  std::map<std::string, std::string> map;
  if (value.is_null()) return map;
  if (!value.is_object()) return wrong(key, "object");
  for (const auto& [name, one] : value.items()) map[name] = one.is_null() ? "" : TRY(text_of(one, key));
  return map;
}

Result<std::vector<std::string>> keys(const Value& object, const char* key) {
  const Value& value = member(object, key);
  std::vector<std::string> names;
  if (value.is_null()) return names;
  if (!value.is_object()) return wrong(key, "object");
  for (const auto& [name, one] : value.items()) names.push_back(TRY(text_of(Value(name), key)));
  return names;
}

Result<std::optional<std::int64_t>> number(const Value& object, const char* key) {
  const Value& value = member(object, key);
  if (value.is_null()) return std::optional<std::int64_t>();
  if (!value.is_number_integer()) return wrong(key, "whole number");
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
    return wrong(key, "number of that size");
  return std::optional<std::int64_t>(value.get<std::int64_t>());
}

Result<Value> object(const Value& object, const char* key) {
  const Value& value = member(object, key);
  if (value.is_null()) return Value(Value::object());
  if (!value.is_object()) return wrong(key, "object");
  return Value(value);
}

Result<Value> array(const Value& object, const char* key) {
  const Value& value = member(object, key);
  if (value.is_null()) return Value(Value::array());
  if (!value.is_array()) return wrong(key, "list");
  return Value(value);
}

}  // namespace stack::json
