#include "core/volumes/create.h"

#include <thread>

#include "core/volumes/store.h"
#include "tests/unit/volumes/volumes_folder.h"

namespace stack::volumes {
namespace {

using VolumeCreation = VolumesFolder;

mode_t mode_of(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0 ? st.st_mode & 07777 : 0;
}

TEST_F(VolumeCreation, MakesARecordAndAnEmptyFolderThatNobodyElseReaches) {
  const Created created = create_good(named("shop_db"));
  EXPECT_EQ(created.outcome, Creation::created);
  EXPECT_TRUE(created.record.created.ends_with("Z")) << created.record.created;
  EXPECT_EQ(created.record.created.size(), std::string("2024-01-02T03:04:05Z").size());
  EXPECT_EQ(names_in(volume("shop_db")), (Names{"data", "volume.json"}));
  EXPECT_EQ(names_in(data("shop_db")), Names{});
  EXPECT_EQ(mode_of(data("shop_db")), 0755u);
  EXPECT_EQ(mode_of(volume("shop_db") + "/volume.json"), 0600u);
  EXPECT_EQ(mode_of(volume("shop_db")), 0700u);
  EXPECT_EQ(mode_of(root_), 0700u);
}

TEST_F(VolumeCreation, OfOneThatIsThereIsAValueAndChangesNothing) {
  VolumeRecord record = named("shop_db");
  record.labels = {{"a", "1"}};
  const Created first = create_good(record);
  write("volumes/shop_db/data/precious", "x");
  write("layer0/data/of-the-image", "y");
  record.labels = {{"a", "2"}};
  const Created second = create_good(record, fill_from(layers(1), "/data"));
  EXPECT_EQ(second.outcome, Creation::already_there);
  EXPECT_EQ(second.record, first.record);
  EXPECT_EQ(names_in(data("shop_db")), Names{"precious"});
}

TEST_F(VolumeCreation, RemovesWhatACrashHasLeft) {
  write("volumes/.new-shop_db/data/half", "x");
  write("volumes/.new-other/data/half", "x");
  write("volumes/.old-gone/data/rest", "x");
  EXPECT_EQ(create_good(named("shop_db")).outcome, Creation::created);
  EXPECT_EQ(names_in(root_), (Names{".lock", "shop_db"}));
  EXPECT_EQ(names_in(data("shop_db")), Names{});
}

TEST_F(VolumeCreation, LeavesTheDraftsOfTheLivingAlone) {
  write("volumes/.new-other/data/half", "x");
  const UniqueFd other(::open((root_ + "/.new-other").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(*lock_folder(other.get(), Waiting::no));
  create_good(named("shop_db"));
  EXPECT_TRUE(there(root_ + "/.new-other/data/half"));
}

TEST_F(VolumeCreation, ByManyAtOnceIsDoneByOne) {
  for (int i = 0; i < 200; ++i) write("layer0/data/" + std::to_string(i), "x");
  const Filling filling = fill_from(layers(1), "/data");
  constexpr std::size_t kThreads = 8;
  std::vector<std::string> outcomes(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::string& outcome : outcomes)
      threads.emplace_back([&] {
        const auto created = create(root_, named("shop_db"), filling);
        if (!created)
          outcome = created.error().words;
        else
          outcome = created->outcome == Creation::created ? "created" : "already there";
        if (names_in(data("shop_db")).size() != 200) outcome += ", half";
      });
  }
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), "created"), 1);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), "already there"), kThreads - 1)
      << ::testing::PrintToString(outcomes);
  EXPECT_EQ(names_in(root_), (Names{".lock", "shop_db"}));
}

TEST_F(VolumeCreation, ThatFailsLeavesNothing) {
  EXPECT_NE(create_fault(named("shop_db"), fill_from({path("missing")}, "/data")).find("missing"),
            std::string::npos);
  EXPECT_NE(create_fault(named("shop_db"), fill_from({path("missing"), path("gone")}, "/data")), "");
  EXPECT_EQ(names_in(root_), Names{".lock"});
}

TEST_F(VolumeCreation, RefusesDriverOptionsThatMeanNothingBeforeAnythingIsMade) {
  EXPECT_NE(create_fault(named("shop_db", {{"typo", "tmpfs"}})).find("\"typo\""), std::string::npos);
  EXPECT_FALSE(there(root_));
}

TEST_F(VolumeCreation, DoesNotFillWhatLiesElsewhere) {
  write("layer0/data/x", "x");
  create_good(named("shop_db", {{"type", "tmpfs"}}), fill_from(layers(1), "/data"));
  EXPECT_EQ(names_in(data("shop_db")), Names{});
}

}  // namespace
}  // namespace stack::volumes
