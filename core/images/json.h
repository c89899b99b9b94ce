// JSON that anyone may have written: bounded, and read without surprises. For this room's own files.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"

namespace stack::json {

using Value = nlohmann::json;

// What skopeo accepts as well (containers/image, iolimits).
inline constexpr std::size_t kMostBytes = std::size_t{4} << 20;
inline constexpr int kMostDepth = 32;

// An object; `what` names it in errors.
Result<Value> parse_object(std::string_view text, const std::string& what);

// Of the member `key` of an object. Absent and null are empty; another type than the one asked for is an
// error, and so is a string with a NUL in it, which no program could be given.
Result<std::string> text(const Value& object, const char* key);
Result<std::vector<std::string>> texts(const Value& object, const char* key);
Result<std::map<std::string, std::string>> text_map(const Value& object, const char* key);
Result<std::vector<std::string>> keys(const Value& object, const char* key);  // of an object
Result<std::optional<std::int64_t>> number(const Value& object, const char* key);
Result<Value> object(const Value& object, const char* key);
Result<Value> array(const Value& object, const char* key);

}  // namespace stack::json
