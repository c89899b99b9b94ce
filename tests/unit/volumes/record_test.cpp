#include "core/volumes/record.h"

#include "tests/unit/volumes/volumes_folder.h"

namespace stack::volumes {
namespace {

using VolumeRecords = VolumesFolder;

TEST(VolumeNames, FollowDockersRule) {
  for (const char* good : {"a", "shop_db", "0", "A.b-c_d", "shop_web_0123456789ab"})
    EXPECT_TRUE(check_name(good).ok()) << good;
  for (const char* bad : {"", ".", "..", ".new-a", "_a", "-a", "a/b", "/a", "../a", "a b", "a\n", "\xc3\xa4"})
    EXPECT_FALSE(check_name(bad).ok()) << bad;
  EXPECT_FALSE(check_name(std::string_view("a\0b", 3)).ok());
  EXPECT_TRUE(check_name(std::string(250, 'a')).ok());
  EXPECT_FALSE(check_name(std::string(251, 'a')).ok());
}

TEST(VolumeNames, OfAnAnonymousVolumeDependOnNothingButItsPlace) {
  EXPECT_EQ(anonymous_name("shop", "db", "/data"), anonymous_name("shop", "db", "/data"));
  EXPECT_NE(anonymous_name("shop", "db", "/data"), anonymous_name("shop", "db", "/data2"));
  EXPECT_EQ(anonymous_name("shop", "db", "/data").size(), std::string("shop_db_0123456789ab").size());
}

TEST_F(VolumeRecords, NoNameLeadsOutOfTheRoot) {
  write("outside/volume.json", to_text(named("outside")));
  make_folder("outside/data");
  make_folder("volumes");
  const std::string name = "../outside";
  for (const std::string& words : {read(root_, name).error().words, create_fault(named(name)),
                                   volumes::remove(root_, name, nobody).error().words})
    EXPECT_TRUE(words.starts_with("volume name \"../outside\": want ")) << words;
  EXPECT_TRUE(there(path("outside/data")));
}

TEST_F(VolumeRecords, ComeBackAsTheyWereWritten) {
  const VolumeRecord record{"shop_db",
                            "shop",
                            true,
                            {{"type", "tmpfs"}, {"o", "size=1m"}},
                            {{"a", "b\n\""}},
                            "2024-01-02T03:04:05Z"};
  create_good(record);
  const auto back = read(root_, "shop_db");
  ASSERT_TRUE(back.ok()) << back.error().words;
  EXPECT_EQ(*back, record);
}

TEST_F(VolumeRecords, OfNoVolumeIsNothing) {
  const auto record = read(root_, "shop_db");
  ASSERT_TRUE(record.ok());
  EXPECT_FALSE(record->has_value());
  std::vector<std::string> faults;
  EXPECT_TRUE(list(root_, faults)->empty());
}

TEST_F(VolumeRecords, ThatAreBrokenAreErrorsThatNameTheFile) {
  const std::string good = to_text(named("bad"));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  const std::pair<std::string, std::string> cases[] = {
      {"", "parse error"},
      {"{", "parse error"},
      {"[]", "cannot use"},
      {"{}", "version"},
      {std::string(100'000, '['), "parse error"},
      {with("\"version\": 1", "\"version\": 2"), "newer stack"},
      {with("\"bad\"", "\"other\""), "it is of the volume \"other\""},
      {with("\"bad\"", "\"../bad\""), "volume name"},
      {with("\"bad\"", "7"), "must be string"},
      {with("false", "\"no\""), "must be boolean"},
      {with("\"labels\": {}", "\"labels\": {\"a\": 1}"), "must be string"},
      {good + std::string(std::size_t{2} << 20, ' '), "larger than 1 MiB"},
  };
  for (const auto& [text, expected] : cases) {
    write("volumes/bad/volume.json", text);
    const auto record = read(root_, "bad");
    ASSERT_FALSE(record.ok()) << text.substr(0, 200);
    EXPECT_NE(record.error().words.find(volume("bad") + "/volume.json"), std::string::npos)
        << record.error().words;
    EXPECT_NE(record.error().words.find(expected), std::string::npos) << record.error().words;
  }
}

TEST_F(VolumeRecords, ThatAreNoFilesNeitherBlockNorLeadElsewhere) {
  make_folder("volumes/fifo");
  ASSERT_EQ(::mkfifo((volume("fifo") + "/volume.json").c_str(), 0600), 0);
  EXPECT_NE(read(root_, "fifo").error().words.find("no regular file"), std::string::npos);
  write("elsewhere", to_text(named("link")));
  symlink("volumes/link/volume.json", path("elsewhere"));
  EXPECT_FALSE(read(root_, "link").ok());
}

TEST_F(VolumeRecords, ThatAreBrokenDoNotHideTheOthers) {
  create_good(named("b"));
  create_good(named("a"));
  write("volumes/broken/volume.json", "{");
  make_folder("volumes/.new-c");
  std::vector<std::string> faults;
  const auto records = list(root_, faults);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ(records->at(0).name, "a");
  EXPECT_EQ(records->at(1).name, "b");
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_NE(faults[0].find("broken/volume.json"), std::string::npos) << faults[0];
}

}  // namespace
}  // namespace stack::volumes
