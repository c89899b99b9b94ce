#include "cmd/stack/volume_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stack::cmd {
namespace {

using volumes::VolumeRecord;

VolumeRecord record() {
  VolumeRecord record;
  record.name = "shop_db";
  record.project = "shop";
  record.labels = {{"kind", "cache"}, {"plain", ""}};
  record.driver_opts = {{"type", "tmpfs"}};
  record.created = "2025-11-24T13:00:00Z";
  return record;
}

struct Case {
  std::vector<std::string> filters;
  bool used;
  bool shown;
};

TEST(VolumeFilter, MeansOneOfTheNamesAndAllOfTheLabels) {
  const Case kCases[] = {
      {{}, true, true},
      {{"name=op_d"}, true, true},
      {{"name=nope"}, true, false},
      {{"name=nope", "name=shop"}, true, true},
      {{"label=kind"}, true, true},
      {{"label=kind=cache"}, true, true},
      {{"label=kind=other"}, true, false},
      {{"label=plain="}, true, true},
      {{"label=kind=cache", "label=nope"}, true, false},
      {{"name=shop", "label=nope"}, true, false},
      {{"dangling=true"}, true, false},
      {{"dangling=1"}, false, true},
      {{"dangling=false"}, true, true},
      {{"dangling=0"}, false, false},
      {{"driver=local"}, true, true},
  };
  for (const Case& c : kCases) {
    const auto filter = parse_volume_filter(c.filters);
    ASSERT_TRUE(filter) << filter.error().words;
    EXPECT_EQ(matches(*filter, record(), c.used), c.shown)
        << (c.filters.empty() ? "" : c.filters.front()) << " " << c.used;
  }
}

TEST(VolumeFilter, SaysWhatIsWrongWithIt) {
  const std::pair<const char*, const char*> kCases[] = {
      {"shop", "want one such as"},      {"lable=a", "did you mean \"label\""},
      {"zzz=a", "want name, label"},     {"dangling=yes", "want true or false"},
      {"driver=nfs", "no other driver"},
  };
  for (const auto& [text, words] : kCases) {
    const auto filter = parse_volume_filter({text});
    ASSERT_FALSE(filter) << text;
    EXPECT_NE(filter.error().words.find(words), std::string::npos) << filter.error().words;
  }
}

TEST(VolumeJson, HasTheFieldsOfDocker) {
  const auto out = volume_json(record(), "/v/shop_db/data", {{"shop: web"}, 4096});
  EXPECT_EQ(out["Name"], "shop_db");
  EXPECT_EQ(out["Driver"], "local");
  EXPECT_EQ(out["Scope"], "local");
  EXPECT_EQ(out["Mountpoint"], "/v/shop_db/data");
  EXPECT_EQ(out["CreatedAt"], "2025-11-24T13:00:00Z");
  EXPECT_EQ(out["Labels"]["kind"], "cache");
  EXPECT_EQ(out["Options"]["type"], "tmpfs");
  EXPECT_EQ(out["UsageData"]["Size"], 4096);
  EXPECT_EQ(out["UsageData"]["RefCount"], 1);
  EXPECT_FALSE(volume_json(record(), "/v", {}).contains("UsageData"));
}

TEST(VolumeJson, HasObjectsWhereThereAreNoLabels) {
  VolumeRecord bare = record();
  bare.labels.clear();
  bare.driver_opts.clear();
  const auto out = volume_json(bare, "/v", {});
  EXPECT_TRUE(out["Labels"].is_object());
  EXPECT_TRUE(out["Options"].is_object());
  EXPECT_EQ(volume_line_json(record(), "/v")["Labels"], "kind=cache,plain=");
}

TEST(VolumeTable, IsThatOfDocker) {
  EXPECT_EQ(volume_table({record()}), "DRIVER   VOLUME NAME\nlocal    shop_db\n");
  EXPECT_EQ(volume_table({}), "DRIVER   VOLUME NAME\n");
}

TEST(ParsePairs, TakesTheFirstEqualsSign) {
  const auto pairs = parse_pairs({"o=addr=server,rw", "empty="}, "--opt", KeyAlone::refused);
  ASSERT_TRUE(pairs);
  EXPECT_EQ(*pairs, (std::map<std::string, std::string>{{"empty", ""}, {"o", "addr=server,rw"}}));
  for (const char* text : {"", "=a", "alone"})
    EXPECT_FALSE(parse_pairs({text}, "--opt", KeyAlone::refused)) << text;
  EXPECT_EQ(parse_pairs({"alone"}, "--label", KeyAlone::allowed)->at("alone"), "");
}

}  // namespace
}  // namespace stack::cmd
