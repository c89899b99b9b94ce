#include "core/volumes/fill.h"

#include "tests/unit/volumes/tree_listing.h"
#include "tests/unit/volumes/volumes_folder.h"

namespace stack::volumes {
namespace {

using namespace std::string_literals;

class VolumeFilling : public VolumesFolder {
 protected:
  Names filled(const std::vector<std::string>& layers, const std::string& folder = "/data") {
    create_good(named("v"), fill_from(layers, folder));
    return there(data("v")) ? names_in(data("v")) : Names{"no volume"};
  }
  void own(const std::string& name, uid_t uid, gid_t gid) const {
    ASSERT_EQ(::lchown(path(name).c_str(), uid, gid), 0);
  }
  void mode(const std::string& name, mode_t mode) const { ASSERT_EQ(::chmod(path(name).c_str(), mode), 0); }
  void date(const std::string& name, time_t seconds) const {
    const timespec times[] = {{seconds, 123456789}, {seconds + 1, 987654321}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path(name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
  void make_every_kind(const std::string& folder) const;
};

// cap_net_raw=ep, as the kernel keeps it (vfs_cap_data, revision 2).
const std::string kCapability =
    "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"s;
// user::rw-, user:7:rwx, group::r--, mask::rwx, other::---, as in linux/posix_acl_xattr.h.
const std::string kAcl =
    "\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff\x02\x00\x07\x00\x07\x00\x00\x00\x04\x00\x04\x00"
    "\xff\xff\xff\xff\x10\x00\x07\x00\xff\xff\xff\xff\x20\x00\x00\x00\xff\xff\xff\xff"s;

void VolumeFilling::make_every_kind(const std::string& folder) const {
  const auto in = [&](const std::string& name) { return folder + "/" + name; };
  write(in("plain"), "text");
  write(in("empty"), "");
  write(in("large"), std::string(3'000'000, 'x') + "end");
  write(in("setuid"), "program");
  own(in("setuid"), 0, 4);
  mode(in("setuid"), 06755);
  write(in("capable"), "program");
  own(in("capable"), 33, 33);
  set_xattr(in("capable"), "security.capability", kCapability);
  write(in("with-acl"), "text");
  set_xattr(in("with-acl"), "system.posix_acl_access", kAcl);
  set_xattr(in("with-acl"), "user.note", "of the image");
  make_folder(in("sticky"));
  mode(in("sticky"), 01777);
  make_folder(in("shared"));
  own(in("shared"), 999, 998);
  mode(in("shared"), 02775);
  set_xattr(in("shared"), "system.posix_acl_default", kAcl);
  write(in("shared/inner/name"), "linked");
  own(in("shared/inner/name"), 65534, 1000);
  std::filesystem::create_hard_link(path(in("shared/inner/name")), path(in("a-hard-link")));
  std::filesystem::create_hard_link(path(in("shared/inner/name")), path(in("sticky/another")));
  symlink(in("relative"), "shared/inner");
  symlink(in("out"), "../../etc/shadow");
  symlink(in("absolute"), "/etc/shadow");
  symlink(in("dangling"), "nowhere");
  own(in("dangling"), 7, 8);
  set_xattr(in("dangling"), "trusted.note", "of a link");
  ASSERT_EQ(::link(path(in("dangling")).c_str(), path(in("dangling-too")).c_str()), 0);
  ASSERT_EQ(::mkfifo(path(in("fifo")).c_str(), 0640), 0);
  ASSERT_EQ(::mknod(path(in("socket")).c_str(), S_IFSOCK | 0660, 0), 0);
  ASSERT_EQ(::mknod(path(in("null")).c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  ASSERT_EQ(::mknod(path(in("disk")).c_str(), S_IFBLK | 0600, makedev(7, 0)), 0);
  write(in("odd \n\\\x1b\xff name"), "x");
  write(in("sparse"), "begin");
  std::filesystem::resize_file(path(in("sparse")), std::uint64_t{1} << 30);
  const UniqueFd sparse(::open(path(in("sparse")).c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::pwrite(sparse.get(), "middle", 6, 500'000'000), 6);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path(folder)))
    date(entry.path().string().substr(folder_.size() + 1), 1'000'000'000);
  own(folder, 101, 102);
  mode(folder, 03750);
  set_xattr(folder, "user.top", "yes");
  date(folder, 1'100'000'000);
}

TEST_F(VolumeFilling, KeepsEverythingOfEveryEntryFromOneLayer) {
  make_every_kind("layer0/data");
  filled(layers(1));
  EXPECT_EQ(listing(data("v")), listing(path("layer0/data")));
}

TEST_F(VolumeFilling, KeepsEverythingOfEveryEntryThroughStackedLayers) {
  make_every_kind("layer1/data");
  filled(layers(3));
  EXPECT_EQ(listing(data("v")), listing(path("layer1/data")));
}

TEST_F(VolumeFilling, KeepsHoles) {
  make_every_kind("layer0/data");
  filled(layers(1));
  struct stat st {};
  ASSERT_EQ(::stat((data("v") + "/sparse").c_str(), &st), 0);
  EXPECT_LT(st.st_blocks * 512, 100'000);
  const UniqueFd sparse(::open((data("v") + "/sparse").c_str(), O_RDONLY | O_CLOEXEC));
  char text[6];
  ASSERT_EQ(::pread(sparse.get(), text, 6, 500'000'000), 6);
  EXPECT_EQ(std::string(text, 6), "middle");
}

TEST_F(VolumeFilling, SeesWhatWhiteoutsAndOpaqueFoldersLeave) {
  write("layer0/data/stays", "0");
  write("layer0/data/goes", "0");
  write("layer0/data/replaced/old", "0");
  write("layer0/data/merged/low", "0");
  write("layer0/data/comes-back", "0");
  whiteout("layer1/data/goes");
  whiteout("layer1/data/comes-back");
  write("layer1/data/replaced/new", "1");
  set_xattr("layer1/data/replaced", "trusted.overlay.opaque", "y");
  write("layer1/data/merged/high", "1");
  write("layer2/data/comes-back", "2");
  EXPECT_EQ(filled(layers(3)), (Names{"stays", "replaced", "merged", "comes-back"}));
  EXPECT_EQ(names_in(data("v") + "/replaced"), Names{"new"});
  EXPECT_EQ(names_in(data("v") + "/merged"), (Names{"low", "high"}));
  EXPECT_EQ(text_of(data("v") + "/comes-back"), "2");
  EXPECT_EQ(xattrs_of(data("v") + "/replaced"), "");
}

TEST_F(VolumeFilling, TakesNoWhiteoutAndNoNoteOfOverlayfsFromASingleLayer) {
  write("layer0/data/x", "0");
  whiteout("layer0/data/gone");
  set_xattr("layer0/data", "trusted.overlay.opaque", "y");
  EXPECT_EQ(filled(layers(1)), Names{"x"});
  EXPECT_EQ(xattrs_of(data("v")), "");
}

TEST_F(VolumeFilling, IsEmptyWhereTheFolderWasWhitedOut) {
  write("layer0/data/x", "0");
  whiteout("layer1/data");
  EXPECT_EQ(filled(layers(2)), Names{});
}

TEST_F(VolumeFilling, IsEmptyAndRootsWhereTheImageHasNoSuchFolder) {
  write("layer0/other/x", "0");
  EXPECT_EQ(filled(layers(1), "/data/deep"), Names{});
  EXPECT_EQ(describe(data("v")).substr(0, 9), "40755 0:0");
}

TEST_F(VolumeFilling, IsRefusedWhereTheImageHasAFileThere) {
  write("layer0/data", "0");
  EXPECT_NE(create_fault(named("v"), fill_from(layers(1), "/data"))
                .find("open folder \"/data\" of the image: Not a directory"),
            std::string::npos);
}

// The image says that its folder is one of the host's: it gets the folder of that name of its own.
TEST_F(VolumeFilling, ResolvesSymlinksInsideOfTheImageOnly) {
  write("host/secret", "of the host");
  write("layer0/etc/passwd", "of the image");
  write("layer1/host/x", "of the image");
  const std::pair<std::string, Names> cases[] = {
      {"/etc", {"passwd"}},                   // absolute
      {"../../../../../../etc", {"passwd"}},  // out by ".."
      {path("host"), {}},                     // an absolute path of the host, which the image does not have
      {"../host", {"x"}},                     // where the host has another one of that name
      {"/proc/self/root/etc", {}},
  };
  for (const int count : {1, 2})
    for (const auto& [target, expected] : cases) {
      if (count == 1 && target == "../host") continue;
      symlink("layer0/data", target);
      EXPECT_EQ(filled(layers(count)), expected) << target;
      std::filesystem::remove(path("layer0/data"));
      expect_removed("v");
    }
}

TEST_F(VolumeFilling, ResolvesASymlinkedParentInsideOfTheImageOnly) {
  write("layer0/srv/data/x", "of the image");
  symlink("layer1/var", "/srv");
  EXPECT_EQ(filled(layers(2), "/var/data"), Names{"x"});
  expect_removed("v");
  symlink("layer0/lib", folder_);
  make_folder("data/of-the-host");
  EXPECT_EQ(filled(layers(2), "/lib/data"), Names{});
}

TEST_F(VolumeFilling, CopiesLinksAndNeverWhatTheyLeadTo) {
  write("outside", "of the host");
  symlink("layer0/data/link", "../../outside");
  symlink("layer0/data/folder", folder_);
  filled(layers(1));
  EXPECT_EQ(std::filesystem::read_symlink(data("v") + "/link"), "../../outside");
  EXPECT_EQ(std::filesystem::read_symlink(data("v") + "/folder"), folder_);
}

TEST_F(VolumeFilling, OfALoopOfSymlinksIsAnError) {
  symlink("layer0/data", "data2");
  symlink("layer0/data2", "data");
  EXPECT_NE(create_fault(named("v"), fill_from(layers(1), "/data")).find("/data"), std::string::npos);
  EXPECT_EQ(names_in(root_), Names{".lock"});
}

// A layer that says that its folder's content is another's (overlayfs' redirect_dir) is not believed.
TEST_F(VolumeFilling, FollowsNoRedirectOfALayer) {
  write("layer0/hidden/x", "0");
  make_folder("layer1/data");
  set_xattr("layer1/data", "trusted.overlay.redirect", "/hidden");
  EXPECT_NE(create_fault(named("v"), fill_from(layers(2), "/data")), "");
}

TEST_F(VolumeFilling, TakesMoreLayersThanAMountOptionHoldsByName) {
  constexpr int kLayers = 130;
  std::vector<std::string> paths;
  for (int i = 0; i < kLayers; ++i) {
    const std::string name = "a,b:c\\" + std::string(80, 'l') + std::to_string(i);
    write(name + "/data/" + std::to_string(i), "x");
    paths.push_back(path(name));
  }
  EXPECT_EQ(filled(paths).size(), std::size_t{kLayers});
}

TEST_F(VolumeFilling, LeavesOutWhatIsMountedInARootFileSystem) {
  write("layer0/data/x", "0");
  write("layer0/data/sub/own", "0");
  write("mounted/foreign", "0");
  ASSERT_EQ(::mount(path("mounted").c_str(), path("layer0/data/sub").c_str(), nullptr, MS_BIND, nullptr), 0);
  filled(layers(1));
  ::umount2(path("layer0/data/sub").c_str(), MNT_DETACH);
  EXPECT_EQ(names_in(data("v") + "/sub"), Names{"own"});
}

TEST_F(VolumeFilling, TellsNamesOfTheImageWithoutTheirEscapes) {
  std::string deep = "layer0/data/\x1b[31m";
  for (int i = 0; i < 300; ++i) deep += "/d";
  make_folder(deep);
  const std::string words = create_fault(named("v"), fill_from(layers(1), "/data"));
  EXPECT_NE(words.find("more than 256 folders deep"), std::string::npos) << words;
  EXPECT_EQ(words.find('\x1b'), std::string::npos) << words;
}

}  // namespace
}  // namespace stack::volumes
