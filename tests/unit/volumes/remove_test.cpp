#include "core/volumes/remove.h"

#include <sys/resource.h>

#include "core/volumes/mount.h"
#include "core/volumes/store.h"
#include "tests/unit/volumes/volumes_folder.h"

namespace stack::volumes {
namespace {

class VolumeRemoval : public VolumesFolder {
 protected:
  [[nodiscard]] std::string fault_of(const std::string& name, const UsersOf& users = nobody) const {
    const auto removal = volumes::remove(root_, name, users);
    return removal ? "" : removal.error().words;
  }
  void bind(const std::string& from, const std::string& to) const {
    ASSERT_EQ(::mount(path(from).c_str(), path(to).c_str(), nullptr, MS_BIND, nullptr), 0);
  }
  void unbind(const std::string& to) const { ASSERT_EQ(::umount2(path(to).c_str(), MNT_DETACH), 0); }
};

std::vector<std::string> shops(const std::string& name) {
  return name == "used" ? std::vector<std::string>{"shop: web", "shop: db"} : std::vector<std::string>{};
}

TEST_F(VolumeRemoval, TakesEverythingAway) {
  create_good(named("v"));
  write("volumes/v/data/a/b/c", "x");
  symlink("volumes/v/data/link", "/etc");
  expect_removed("v");
  EXPECT_EQ(names_in(root_), Names{".lock"});
}

TEST_F(VolumeRemoval, OfWhatIsNotThereIsAValueAndMakesNothing) {
  EXPECT_EQ(*volumes::remove(root_, "v", nobody), Removal::not_there);
  EXPECT_FALSE(there(root_));
}

TEST_F(VolumeRemoval, IsRefusedWhileUsedAndSaysByWhom) {
  create_good(named("used"));
  EXPECT_NE(fault_of("used", shops).find("it is used by \"shop: web\", \"shop: db\""), std::string::npos);
  EXPECT_TRUE(there(data("used")));
}

TEST_F(VolumeRemoval, IsRefusedWhileItIsBeingMounted) {
  create_good(named("v"));
  const UniqueFd other(::open(volume("v").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(*lock_folder(other.get(), Waiting::no));
  EXPECT_NE(fault_of("v").find("being mounted"), std::string::npos);
}

// A bind mount within looks like any folder of the same file system: what is behind it is not the volume's.
TEST_F(VolumeRemoval, IsRefusedWhereSomethingIsMountedWithin) {
  create_good(named("v"));
  write("volumes/v/data/own", "x");
  make_folder("volumes/v/data/sub dir");
  write("host/precious", "x");
  bind("host", "volumes/v/data/sub dir");
  EXPECT_NE(fault_of("v").find("something is mounted at \"" + data("v") + "/sub dir\""), std::string::npos)
      << fault_of("v");
  EXPECT_TRUE(there(data("v") + "/own"));
  unbind("volumes/v/data/sub dir");
  expect_removed("v");
  EXPECT_TRUE(there(path("host/precious")));
}

TEST_F(VolumeRemoval, IsRefusedWhereSomebodyMountedOnThePlainDataFolder) {
  create_good(named("v"));
  write("host/precious", "x");
  bind("host", "volumes/v/data");
  EXPECT_NE(fault_of("v").find("something is mounted at"), std::string::npos);
  unbind("volumes/v/data");
  EXPECT_TRUE(there(path("host/precious")));
}

// Made with openat and a few descriptors, as a container would: far beyond RLIMIT_NOFILE.
TEST_F(VolumeRemoval, CopesWithFoldersOfAnyDepth) {
  create_good(named("v"));
  UniqueFd folder(::open(data("v").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(::mkdirat(folder.get(), "deep", 0700), 0);
    ASSERT_EQ(::mknodat(folder.get(), ".deep-0", S_IFREG | 0600, 0), 0);
    folder.reset(::openat(folder.get(), "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  folder.reset();
  rlimit few{100, 100};
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  few.rlim_max = before.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  expect_removed("v");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(names_in(root_), Names{".lock"});
}

TEST_F(VolumeRemoval, WorksOnABrokenRecord) {
  create_good(named("v"));
  write("volumes/v/volume.json", "{");
  expect_removed("v");
}

TEST_F(VolumeRemoval, RemovesTheRemainsOfOneThatWasKilled) {
  create_good(named("v"));
  write("volumes/.old-v/data/rest", "x");
  expect_removed("v");
  EXPECT_EQ(names_in(root_), Names{".lock"});
}

TEST_F(VolumeRemoval, DoesNotFollowAVolumeThatIsALink) {
  write("host/precious", "x");
  make_folder("volumes");
  symlink("volumes/v", path("host"));
  EXPECT_NE(fault_of("v"), "");
  EXPECT_TRUE(there(path("host/precious")));
}

TEST_F(VolumeRemoval, PruneTakesUnusedOnesOfItsScope) {
  VolumeRecord anonymous = named("anonymous");
  anonymous.anonymous = true;
  create_good(anonymous);
  anonymous.name = "used";
  create_good(anonymous);
  create_good(named("kept"));
  write("volumes/anonymous/data/x", std::string(100'000, 'x'));
  write("volumes/broken/volume.json", "{");
  auto pruned = prune(root_, shops, PruneScope::anonymous);
  ASSERT_TRUE(pruned.ok());
  EXPECT_EQ(pruned->names, std::vector<std::string>{"anonymous"});
  EXPECT_GE(pruned->bytes, 100'000u);
  EXPECT_EQ(pruned->faults.size(), 1u);
  pruned = prune(root_, shops, PruneScope::all);
  EXPECT_EQ(pruned->names, std::vector<std::string>{"kept"});
  EXPECT_EQ(names_in(root_), (Names{".lock", "broken", "used"}));
}

TEST_F(VolumeRemoval, PruneGoesOnAfterOneThatCannotGo) {
  create_good(named("a"));
  create_good(named("b"));
  make_folder("volumes/a/data/sub");
  make_folder("host");
  bind("host", "volumes/a/data/sub");
  const auto pruned = prune(root_, nobody, PruneScope::all);
  unbind("volumes/a/data/sub");
  ASSERT_TRUE(pruned.ok());
  EXPECT_EQ(pruned->names, std::vector<std::string>{"b"});
  EXPECT_EQ(pruned->faults.size(), 1u);
}

}  // namespace
}  // namespace stack::volumes
