#include "core/volumes/mount.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <thread>

#include "core/volumes/attach.h"
#include "tests/unit/volumes/volumes_folder.h"

namespace stack::volumes {
namespace {

class VolumeMounting : public VolumesFolder {
 protected:
  VolumeRecord made(const std::map<std::string, std::string>& driver_opts) const {
    return create_good(named("v", driver_opts)).record;
  }
  [[nodiscard]] Mounting mounted(const VolumeRecord& record) const {
    const auto mounting = ensure_mounted(root_, record);
    EXPECT_TRUE(mounting.ok()) << mounting.error().words;
    return mounting ? *mounting : Mounting::plain;
  }
  [[nodiscard]] std::string fault_of(const std::map<std::string, std::string>& driver_opts) const {
    const VolumeRecord record = made(driver_opts);
    const auto mounting = ensure_mounted(root_, record);
    expect_removed("v");
    return mounting ? "" : mounting.error().words;
  }
  [[nodiscard]] std::size_t mounts() const { return mounts_below(folder_)->size(); }
  void bind(const std::string& from, const std::string& to) const {
    ASSERT_EQ(::mount(path(from).c_str(), path(to).c_str(), nullptr, MS_BIND, nullptr), 0);
  }
};

TEST_F(VolumeMounting, OfAPlainVolumeMountsNothing) {
  EXPECT_EQ(mounted(made({})), Mounting::plain);
  EXPECT_EQ(mounts(), 0u);
}

TEST_F(VolumeMounting, OfATmpfsHappensOnceWithItsOptions) {
  const VolumeRecord record =
      made({{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=1m,mode=0750,uid=7,noexec"}});
  EXPECT_EQ(mounted(record), Mounting::mounted);
  write("volumes/v/data/x", "kept");
  EXPECT_EQ(mounted(record), Mounting::already_mounted);
  EXPECT_EQ(mounts(), 1u);
  EXPECT_EQ(text_of(data("v") + "/x"), "kept");
  struct stat st {};
  ASSERT_EQ(::stat(data("v").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0750u);
  EXPECT_EQ(st.st_uid, 7u);
  struct statvfs fs {};
  ASSERT_EQ(::statvfs(data("v").c_str(), &fs), 0);
  EXPECT_EQ(fs.f_blocks * fs.f_frsize, 1u << 20);
  EXPECT_TRUE((fs.f_flag & ST_NOEXEC) != 0);
  expect_removed("v");
}

TEST_F(VolumeMounting, ByManyAtOnceHappensOnce) {
  const VolumeRecord record = made({{"type", "tmpfs"}});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] { EXPECT_TRUE(ensure_mounted(root_, record).ok()); });
  }
  EXPECT_EQ(mounts(), 1u);
  EXPECT_TRUE(unmount(root_, record).ok());
}

TEST_F(VolumeMounting, OfABindShowsTheFolderAndRemovingItKeepsTheFiles) {
  write("host/file", "of the host");
  const VolumeRecord record = made({{"type", "none"}, {"o", "bind"}, {"device", path("host")}});
  EXPECT_EQ(mounted(record), Mounting::mounted);
  EXPECT_EQ(mounted(record), Mounting::already_mounted);
  EXPECT_EQ(text_of(data("v") + "/file"), "of the host");
  write("volumes/v/data/other", "x");
  expect_removed("v");
  EXPECT_EQ(names_in(path("host")), (Names{"file", "other"}));
}

TEST_F(VolumeMounting, OfAReadOnlyBindRefusesWrites) {
  make_folder("host");
  const VolumeRecord record = made({{"o", "bind,ro,noatime"}, {"device", path("host")}});
  EXPECT_EQ(mounted(record), Mounting::mounted);
  EXPECT_EQ(::open((data("v") + "/x").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_TRUE(unmount(root_, record).ok());
}

TEST_F(VolumeMounting, OfABindTakesMountsBelowOnlyWhenItIsRecursive) {
  make_folder("host/sub");
  write("other/x", "x");
  bind("other", "host/sub");
  for (const auto& [o, expected] : {std::pair("bind", Names{}), std::pair("rbind", Names{"x"})}) {
    EXPECT_EQ(mounted(made({{"o", o}, {"device", path("host")}})), Mounting::mounted);
    EXPECT_EQ(names_in(data("v") + "/sub"), expected);
    expect_removed("v");
  }
  EXPECT_EQ(names_in(path("other")), Names{"x"});
  ::umount2(path("host/sub").c_str(), MNT_DETACH);
}

// By default what is mounted in the volume later does not come to be mounted in the folder of the host.
TEST_F(VolumeMounting, OfABindIsNoPeerOfItsFolder) {
  make_folder("host/sub");
  make_folder("other");
  bind("host", "host");
  ASSERT_EQ(::mount(nullptr, path("host").c_str(), nullptr, MS_SHARED, nullptr), 0);
  const VolumeRecord record = made({{"o", "bind"}, {"device", path("host")}});
  EXPECT_EQ(mounted(record), Mounting::mounted);
  bind("other", "host/sub");
  EXPECT_EQ(mounts(), 3u);
  ::umount2(path("host/sub").c_str(), MNT_DETACH);
  ::umount2(path("host").c_str(), MNT_DETACH);
  EXPECT_TRUE(unmount(root_, record).ok());
}

TEST_F(VolumeMounting, UnmountsOnceAndThenNothing) {
  const VolumeRecord record = made({{"type", "tmpfs"}});
  EXPECT_EQ(mounted(record), Mounting::mounted);
  EXPECT_TRUE(unmount(root_, record).ok());
  EXPECT_TRUE(unmount(root_, record).ok());
  EXPECT_EQ(mounted(record), Mounting::mounted);
  expect_removed("v");
}

TEST_F(VolumeMounting, SaysThatAProcessStillWorksInIt) {
  const VolumeRecord record = made({{"type", "tmpfs"}});
  EXPECT_EQ(mounted(record), Mounting::mounted);
  UniqueFd open(::open(data("v").c_str(), O_RDONLY | O_CLOEXEC));
  const auto removal = volumes::remove(root_, "v", nobody);
  ASSERT_FALSE(removal.ok());
  EXPECT_NE(removal.error().words.find("still works in it"), std::string::npos) << removal.error().words;
  EXPECT_TRUE(there(volume("v")));
  open.reset();
  expect_removed("v");
}

TEST_F(VolumeMounting, OfWhatIsNotThereSaysSo) {
  const auto mounting = ensure_mounted(root_, named("v", {{"type", "tmpfs"}}));
  ASSERT_FALSE(mounting.ok());
  EXPECT_EQ(mounting.error().words, "mount volume \"v\": there is none of that name");
}

TEST_F(VolumeMounting, SaysWhatIsWrong) {
  write("a-file", "x");
  const std::pair<std::map<std::string, std::string>, std::string> cases[] = {
      {{{"type", "tmpfs"}, {"o", "size=nonsense"}}, "\"size=nonsense\""},
      {{{"type", "tmpfs"}, {"o", "frobnicate"}}, "\"frobnicate\""},
      {{{"type", "nosuchfs"}, {"device", "x"}}, "nosuchfs: this kernel has no such file system"},
      {{{"type", "ext4"}, {"device", path("a-file")}},
       "ext4: mount \"" + path("a-file") + "\": Block device"},
      {{{"o", "bind"}, {"device", path("missing")}}, "there is no such folder"},
      {{{"o", "bind"}, {"device", path("a-file")}}, "Not a directory"},
  };
  for (const auto& [driver_opts, expected] : cases) {
    const std::string words = fault_of(driver_opts);
    EXPECT_NE(words.find(expected), std::string::npos) << words;
    EXPECT_TRUE(words.starts_with("mount volume \"v\": ")) << words;
  }
}

TEST_F(VolumeMounting, NamesThePackageOfAMissingHelper) {
  const auto helper = find_helper(*helper_of("nfs"), {folder_});
  ASSERT_FALSE(helper.ok());
  EXPECT_NE(helper.error().words.find("\"mount.nfs\": install the package nfs-common"), std::string::npos)
      << helper.error().words;
  write("mount.nfs", "");
  ASSERT_EQ(::chmod(path("mount.nfs").c_str(), 0755), 0);
  EXPECT_EQ(*find_helper(*helper_of("nfs"), {folder_}), path("mount.nfs"));
}

}  // namespace
}  // namespace stack::volumes
