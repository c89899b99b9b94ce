#include "core/volumes/usage.h"

#include "core/volumes/mount.h"
#include "tests/unit/volumes/volumes_folder.h"

namespace stack::volumes {
namespace {

class VolumeUsage : public VolumesFolder {
 protected:
  [[nodiscard]] DiskUsage used(const DiskUsageLimits& limits = {}) const {
    const auto size = usage(root_, "v", limits);
    EXPECT_TRUE(size.ok()) << size.error().words;
    return size ? *size : DiskUsage{};
  }
};

TEST_F(VolumeUsage, CountsBlocksAndAFileOfSeveralNamesOnce) {
  create_good(named("v"));
  const std::uint64_t empty = used().bytes;
  write("volumes/v/data/a/file", std::string(1'000'000, 'x'));
  std::filesystem::create_hard_link(data("v") + "/a/file", data("v") + "/again");
  write("volumes/v/data/hole", "");
  std::filesystem::resize_file(data("v") + "/hole", 1'000'000'000);
  EXPECT_GE(used().bytes - empty, 1'000'000u);
  EXPECT_LT(used().bytes - empty, 1'100'000u);
  EXPECT_TRUE(used().complete);
}

TEST_F(VolumeUsage, FollowsNoLinkAndNoMount) {
  write("host/large", std::string(1'000'000, 'x'));
  create_good(named("v"));
  symlink("volumes/v/data/link", path("host"));
  make_folder("volumes/v/data/sub");
  ASSERT_EQ(::mount(path("host").c_str(), (data("v") + "/sub").c_str(), nullptr, MS_BIND, nullptr), 0);
  EXPECT_LT(used().bytes, 100'000u);
  ::umount2((data("v") + "/sub").c_str(), MNT_DETACH);
}

TEST_F(VolumeUsage, IsBoundedInEntriesAndDepth) {
  create_good(named("v"));
  for (int i = 0; i < 50; ++i) write("volumes/v/data/" + std::to_string(i), std::string(8192, 'x'));
  const DiskUsage few = used({.entries = 10, .depth = 128});
  EXPECT_FALSE(few.complete);
  EXPECT_LT(few.bytes, 100'000u);
  make_folder("volumes/v/data/a/b/c/d/e");
  EXPECT_FALSE(used({.entries = 1000, .depth = 3}).complete);
  EXPECT_TRUE(used({.entries = 1000, .depth = 6}).complete);
}

TEST_F(VolumeUsage, CountsATmpfsAndNotTheFolderOfABind) {
  const VolumeRecord tmpfs = create_good(named("v", {{"type", "tmpfs"}})).record;
  ASSERT_TRUE(ensure_mounted(root_, tmpfs).ok());
  write("volumes/v/data/x", std::string(1'000'000, 'x'));
  EXPECT_GE(used().bytes, 1'000'000u);
  expect_removed("v");
  write("host/large", std::string(1'000'000, 'x'));
  const VolumeRecord bind = create_good(named("v", {{"o", "bind"}, {"device", path("host")}})).record;
  ASSERT_TRUE(ensure_mounted(root_, bind).ok());
  EXPECT_EQ(used().bytes, 0u);
  expect_removed("v");
}

TEST_F(VolumeUsage, OfNoVolumeIsAnError) {
  EXPECT_FALSE(usage(root_, "v").ok());
}

}  // namespace
}  // namespace stack::volumes
