#include "core/images/unpack.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <zstd.h>

#include "core/images/digest.h"
#include "tests/unit/images/live_layer.h"

namespace stack::test {
namespace {

class Unpack : public LiveLayer {};

// VFS_CAP_REVISION_2 with cap_net_bind_service, permitted and effective (linux/capability.h).
const std::string kCapability(
    "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);

TEST_F(Unpack, EveryFormatAndCompressionGivesTheSameFiles) {
  const std::string long_name =
      std::string(120, 'a') + "/" + std::string(120, 'b') + "/" + std::string(200, 'c');
  for (const TarFormat format : {TarFormat::pax, TarFormat::gnu})
    for (const TarFilter filter : {TarFilter::none, TarFilter::gzip, TarFilter::zstd}) {
      const auto layer =
          unpack({folder("etc/"), file("etc/hostname", "box\n"), file(long_name, "long")}, format, filter);
      ASSERT_TRUE(layer.ok()) << layer.error().words;
      EXPECT_EQ(content_of(*this / "etc/hostname"), "box\n");
      EXPECT_EQ(content_of(*this / long_name), "long");
      std::filesystem::remove_all(root());
      ::mkdir(root().c_str(), 0755);
    }
}

TEST_F(Unpack, BothDigestsAreThoseOfTheBytes) {
  const std::string tar = tar_of({file("a", "1")});
  const std::string blob = tar_of({file("a", "1")}, TarFormat::pax, TarFilter::gzip);
  const auto layer = unpack_bytes(blob, {digest_of(blob), digest_of(tar)});
  ASSERT_TRUE(layer.ok()) << layer.error().words;
  EXPECT_EQ(layer->digests.blob, digest_of(blob));
  EXPECT_EQ(layer->digests.diff_id, digest_of(tar));
  EXPECT_EQ(layer->entries, 1U);
}

TEST_F(Unpack, WhatComesAfterTheTarsEndCountsForTheDigest) {
  const std::string tar = tar_of({file("a", "1")}) + std::string(100000, 'x');
  const auto layer = unpack_bytes(tar);
  ASSERT_TRUE(layer.ok()) << layer.error().words;
  EXPECT_EQ(layer->digests.diff_id, digest_of(tar));
}

TEST_F(Unpack, AFrameMayEndWhereABlockOfOursDoes) {
  // Half a mebibyte of tar, and twice that in two frames.
  const std::string tar =
      tar_of({file("a", std::string((512 << 10) - 512 - 1024 - 1024, 'x'))}, TarFormat::gnu);
  for (const std::string& whole : {tar, tar + std::string((512 << 10) - tar.size(), '\0')}) {
    std::string blob;
    for (int i = 0; i < 2; ++i) {
      std::string frame(ZSTD_compressBound(whole.size()), '\0');
      frame.resize(ZSTD_compress(frame.data(), frame.size(), whole.data(), whole.size(), 1));
      blob += frame;
    }
    const auto layer = unpack_bytes(blob);
    ASSERT_TRUE(layer.ok()) << layer.error().words;
    EXPECT_EQ(layer->digests.diff_id, digest_of(whole + whole));
  }
}

TEST_F(Unpack, AnEmptyLayerIsALayer) {
  for (const std::string& blob :
       {std::string(1024, '\0'), std::string(), tar_of({}, TarFormat::pax, TarFilter::gzip)}) {
    const auto layer = unpack_bytes(blob);
    ASSERT_TRUE(layer.ok()) << layer.error().words;
    EXPECT_EQ(layer->entries, 0U);
  }
}

TEST_F(Unpack, OwnersModesAndTimesAreTheImages) {
  TarEntry program = file("bin/su", "#!");
  program.mode = 04755;
  program.uid = 1234;
  program.gid = 4000000000;
  program.mtime_nsec = 123456789;
  TarEntry dir = folder("var", 01777);
  dir.uid = 33;
  dir.mtime = 86400;
  TarEntry link = symlink("var/link", "/nowhere");
  link.uid = 7;
  ASSERT_TRUE(unpack({program, dir, link, file("var/later", "")}).ok());
  EXPECT_EQ(stat_of(*this / "bin/su").st_mode, S_IFREG | 04755U);
  EXPECT_EQ(stat_of(*this / "bin/su").st_uid, 1234U);
  EXPECT_EQ(stat_of(*this / "bin/su").st_gid, 4000000000U);
  EXPECT_EQ(stat_of(*this / "bin/su").st_mtim.tv_sec, 1000000000);
  EXPECT_EQ(stat_of(*this / "bin/su").st_mtim.tv_nsec, 123456789);
  EXPECT_EQ(stat_of(*this / "bin").st_mode, S_IFDIR | 0755U) << "a folder that the archive does not have";
  EXPECT_EQ(stat_of(*this / "var").st_mode, S_IFDIR | 01777U);
  EXPECT_EQ(stat_of(*this / "var").st_uid, 33U);
  EXPECT_EQ(stat_of(*this / "var").st_mtim.tv_sec, 86400) << "though files came into it later";
  EXPECT_EQ(stat_of(*this / "var/link").st_uid, 7U);
  EXPECT_EQ(stat_of(*this / "var/link").st_mtim.tv_sec, 1000000000);
}

TEST_F(Unpack, TheTopFolderTakesItsEntrysAttributes) {
  TarEntry top = folder("./", 0555);
  top.gid = 5;
  ASSERT_TRUE(unpack({top, file("./a", "")}).ok());
  EXPECT_EQ(stat_of(root()).st_mode, S_IFDIR | 0555U);
  EXPECT_EQ(stat_of(root()).st_gid, 5U);
  EXPECT_EQ(stat_of(root()).st_mtim.tv_sec, 1000000000);
}

TEST_F(Unpack, NodesAndFifosAreMade) {
  ASSERT_TRUE(unpack({node("null", S_IFCHR, makedev(1, 3)), node("disk", S_IFBLK, makedev(8, 1)),
                      node("fifo", S_IFIFO, 0)})
                  .ok());
  EXPECT_EQ(stat_of(*this / "null").st_mode, S_IFCHR | 0644U);
  EXPECT_EQ(stat_of(*this / "null").st_rdev, makedev(1, 3));
  EXPECT_EQ(stat_of(*this / "disk").st_rdev, makedev(8, 1));
  EXPECT_TRUE(S_ISFIFO(stat_of(*this / "fifo").st_mode));
}

TEST_F(Unpack, MarksBecomeThoseOfOverlayfs) {
  ASSERT_TRUE(unpack({folder("a"), file("a/.wh.gone", ""), folder("b"), file("b/.wh..wh..opq", ""),
                      file(".wh..wh.plnk/1.2", ""), file("c/.wh..wh.aufs", "")})
                  .ok());
  EXPECT_TRUE(S_ISCHR(stat_of(*this / "a/gone").st_mode));
  EXPECT_EQ(stat_of(*this / "a/gone").st_rdev, 0U);
  EXPECT_EQ(xattr_of(*this / "b", "trusted.overlay.opaque"), "y");
  EXPECT_EQ(names_below(root()), (std::set<std::string>{"a", "a/gone", "b"}));
}

TEST_F(Unpack, AMarkIsAboutTheLayersBelowOnly) {
  ASSERT_TRUE(unpack({folder("kept"), file("kept/x", "1"), file(".wh.kept", ""), file("f", "1"),
                      file(".wh.f", ""), file(".wh.d", ""), folder("d"), file(".wh.p", ""), file("p/x", "1"),
                      file(".wh.g", ""), file("g", "2")})
                  .ok());
  EXPECT_EQ(content_of(*this / "kept/x"), "1");
  EXPECT_EQ(xattr_of(*this / "kept", "trusted.overlay.opaque"), "y");
  EXPECT_EQ(content_of(*this / "f"), "1");
  EXPECT_EQ(xattr_of(*this / "d", "trusted.overlay.opaque"), "y");
  EXPECT_EQ(content_of(*this / "p/x"), "1");
  EXPECT_EQ(xattr_of(*this / "p", "trusted.overlay.opaque"), "y");
  EXPECT_EQ(content_of(*this / "g"), "2");
}

TEST_F(Unpack, HardLinksAreOneFile) {
  ASSERT_TRUE(unpack({file("a", "same"), hard_link("dir/b", "a"), hard_link("c", "/dir/b"),
                      hard_link("a", "c"), symlink("s", "a"), hard_link("t", "s")})
                  .ok());
  EXPECT_EQ(stat_of(*this / "a").st_ino, stat_of(*this / "dir/b").st_ino);
  EXPECT_EQ(stat_of(*this / "a").st_nlink, 3U);
  EXPECT_TRUE(S_ISLNK(stat_of(*this / "t").st_mode));
  EXPECT_EQ(stat_of(*this / "t").st_ino, stat_of(*this / "s").st_ino);
}

TEST_F(Unpack, HolesStayHoles) {
  TarEntry sparse = file("sparse", std::string(std::size_t{64} << 20, '\0'));
  sparse.content.replace(std::size_t{32} << 20, 4, "data");
  sparse.sparse = {{std::int64_t{32} << 20, 4096}};
  for (const TarFormat format : {TarFormat::pax}) {
    ASSERT_TRUE(unpack({sparse}, format).ok());
    EXPECT_EQ(stat_of(*this / "sparse").st_size, std::int64_t{64} << 20);
    EXPECT_LT(stat_of(*this / "sparse").st_blocks * 512, 1 << 20);
    EXPECT_EQ(content_of(*this / "sparse").substr(std::size_t{32} << 20, 4), "data");
  }
}

TEST_F(Unpack, CapabilitiesAndTheUsersAttributesStay) {
  TarEntry program = file("ping", "");
  program.uid = 5;
  program.xattrs = {{"security.capability", kCapability}, {"user.note", "x"}};
  const auto layer = unpack({program});
  ASSERT_TRUE(layer.ok()) << layer.error().words;
  EXPECT_EQ(xattr_of(*this / "ping", "security.capability"), kCapability) << "set after the owner";
  EXPECT_EQ(xattr_of(*this / "ping", "user.note"), "x");
}

TEST_F(Unpack, NamesAreBytes) {
  const std::string composed = "caf\xc3\xa9";
  const std::string decomposed = "cafe\xcc\x81";
  const std::string latin = "caf\xe9";
  const auto layer = unpack({file(composed, "1"), file(decomposed, "2")}, TarFormat::gnu);
  ASSERT_TRUE(layer.ok()) << layer.error().words;
  EXPECT_EQ(content_of(*this / composed), "1");
  EXPECT_EQ(content_of(*this / decomposed), "2");
  ASSERT_TRUE(unpack({file(latin, "3")}, TarFormat::gnu).ok());
  const std::string other = "no" + decomposed;
  ASSERT_TRUE(unpack_bytes(extended_name(other) + std::string(1024, '\0')).ok());
  EXPECT_TRUE(exists(*this / other));
  EXPECT_EQ(content_of(*this / latin), "3");
}

TEST_F(Unpack, ALaterEntryTakesTheEarlierOnesPlace) {
  ASSERT_TRUE(unpack({file("a", "old"), file("a", "new"), folder("b"), file("b/c", "1"), file("b", "file"),
                      file("d", "1"), folder("d"), file("d/e", "2"), symlink("f", "a"), file("f", "no link"),
                      folder("g", 0700), file("g/h", "1"), folder("g", 0755), node("i", S_IFIFO, 0),
                      symlink("i", "a")})
                  .ok());
  EXPECT_EQ(content_of(*this / "a"), "new") << "and what a link pointed to is not written through it";
  EXPECT_EQ(content_of(*this / "b"), "file");
  EXPECT_EQ(content_of(*this / "d/e"), "2");
  EXPECT_EQ(content_of(*this / "f"), "no link");
  EXPECT_EQ(content_of(*this / "g/h"), "1");
  EXPECT_EQ(stat_of(*this / "g").st_mode, S_IFDIR | 0755U);
  EXPECT_TRUE(S_ISLNK(stat_of(*this / "i").st_mode));
}

TEST_F(Unpack, AReplacedFileDoesNotChangeItsOtherNames) {
  ASSERT_TRUE(unpack({file("a", "first"), hard_link("b", "a"), file("a", "second")}).ok());
  EXPECT_EQ(content_of(*this / "b"), "first");
}

TEST_F(Unpack, AnEntryMayGoThroughALinkOfTheLayer) {
  ASSERT_TRUE(unpack({folder("usr/lib"), symlink("lib", "usr/lib"), file("lib/x", "1"),
                      symlink("abs", "/usr/lib"), file("abs/y", "2")})
                  .ok());
  EXPECT_EQ(content_of(*this / "usr/lib/x"), "1");
  EXPECT_EQ(content_of(*this / "usr/lib/y"), "2") << "from the layer's top, not the machine's";
}

TEST_F(Unpack, AStopEndsItAndLeavesNothing) {
  std::stop_source stop;
  stop.request_stop();
  const auto layer =
      unpack_layer(home_.write("blob", tar_of({file("a", "1")})), root(), {}, {}, stop.get_token());
  ASSERT_FALSE(layer.ok());
  EXPECT_EQ(layer.error().code, ECANCELED);
  EXPECT_TRUE(names_below(root()).empty());
}

}  // namespace
}  // namespace stack::test
