// The published schema of x-stack has the keys that the loader has. Whether the two agree on values is for
// tests/integration/test_schema.py.
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "specs/service_keys.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using nlohmann::json;
using Keys = std::set<std::string>;

json schema() {
  std::ifstream file(std::string(STACK_SOURCE_DIR) + "/specs/schema/x-stack.json");
  return json::parse(file);
}

// "bandwidth" and "bandwidth.ingress".
void collect(const json& object, const std::string& prefix, Keys& keys) {
  EXPECT_EQ(object.at("additionalProperties"), false) << prefix;
  for (const auto& [key, value] : object.at("properties").items()) {
    keys.insert(prefix + key);
    if (value.contains("properties")) collect(value, prefix + key + ".", keys);
  }
}

TEST(Schema, OfXStackHasEachKeyThatAServiceHas) {
  Keys of_schema;
  collect(schema().at("definitions").at("service"), "", of_schema);
  const std::vector<std::string> of_code = service_keys::x_stack_keys();
  EXPECT_EQ(of_schema, Keys(of_code.begin(), of_code.end()));
}

TEST(Schema, OfXStackHasEachKeyThatTheWholeStackHas) {
  const json top = schema().at("properties").at("x-stack");
  EXPECT_EQ(top.at("additionalProperties"), false);
  EXPECT_FALSE(top.contains("properties"));
  EXPECT_EQ(faults_of("services: {a: {image: \"host:\"}}\nx-stack: {pod: p}\n"),
            "2:11: unknown key \"pod\" in x-stack of the file\n");
}

}  // namespace
}  // namespace stack
