#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "core/images/digest.h"
#include "core/images/layer_names.h"
#include "tests/unit/images/live_layer.h"

namespace stack::test {
namespace {

class HostileLayer : public LiveLayer {};

struct Refused {
  std::string what;
  std::vector<TarEntry> entries;
  std::string words;
};

std::vector<Refused> refused() {
  std::vector<Refused> cases = {
      {"a way up", {file("../outside/victim", "x")}, "leads out of the layer"},
      {"a way up in the middle", {file("a/../../outside/victim", "x")}, "leads out of the layer"},
      {"a way up by a folder", {folder("a/..")}, "leads out of the layer"},
      {"a whiteout of the parent", {file(".wh...", "")}, "hides no name"},
      {"a whiteout of the folder itself", {file("a/.wh..", "")}, "hides no name"},
      {"a whiteout of nothing", {file("a/.wh.", "")}, "hides no name"},
      {"a whiteout behind a way up", {file("../outside/.wh.victim", "")}, "leads out of the layer"},
      {"an entry below a whiteout", {file(".wh.a/b", "")}, "below a mark"},
      {"a hard link out", {hard_link("a", "../outside/victim")}, "leads out of the layer"},
      {"a hard link to nothing", {hard_link("a", "/outside/victim")}, "No such file"},
      {"a hard link to a folder", {folder("d"), hard_link("a", "d")}, "which is a folder"},
      {"a hard link to a whiteout's place", {file(".wh.a", ""), hard_link("b", "a")}, "which is a mark"},
      {"a hard link to a mark", {hard_link("b", ".wh.a")}, "which is no file"},
      {"a hard link to the opaque mark", {hard_link("b", "d/.wh..wh..opq")}, "which is no file"},
      {"a hard link over the top folder", {file("a", ""), hard_link(".", "a")}, "top folder"},
      {"a link over the top folder", {symlink("./", "/")}, "top folder"},
      {"a file into a file", {file("a", ""), file("a/b", "")}, "is no folder"},
      {"a name that is too long", {file(std::string(300, 'x'), "")}, "more than 255"},
      {"a path that is too long", {file(std::string(5000, '/') + "a", "")}, "more than 4095"},
      {"an owner that is none",
       {[] {
         TarEntry entry = file("a", "");
         entry.uid = 4294967295;
         return entry;
       }()},
       "owner 4294967295"},
      {"a huge header",
       {[] {
         TarEntry entry = file("a", "");
         entry.xattrs = {{"user.big", std::string(std::size_t{3} << 20, 'x')}};
         return entry;
       }()},
       "read the tar"},
  };
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "d/";
  cases.push_back({"a deep path", {file(deep + "f", "")}, "folders deep"});
  return cases;
}

TEST_F(HostileLayer, IsRefusedAndLeavesNothing) {
  for (const Refused& one : refused()) {
    SCOPED_TRACE(one.what);
    std::vector<TarEntry> entries = one.entries;
    entries.insert(entries.begin(), file("before", "written already"));
    expect_refused(unpack(entries), one.words);
  }
}

TEST_F(HostileLayer, AnAbsoluteNameIsBelowTheLayer) {
  ASSERT_TRUE(unpack({file(home_ / "outside/victim", "x"), file("//etc//passwd", "y")}).ok());
  EXPECT_EQ(content_of(*this / "etc/passwd"), "y");
}

TEST_F(HostileLayer, AWriteThroughALinkStaysInside) {
  for (const std::string& target :
       {home_ / "outside", std::string("../outside"), std::string("/proc/self/cwd")}) {
    SCOPED_TRACE(target);
    const auto layer = unpack({symlink("x", target), file("x/victim", "overwritten")});
    EXPECT_FALSE(layer.ok()) << "there is no such folder in the layer";
    const auto marks = unpack({symlink("x", target), file("x/.wh.victim", ""), file("x/.wh..wh..opq", "")});
    EXPECT_FALSE(marks.ok());
    const auto linked = unpack({symlink("x", target), hard_link("mine", "x/victim")});
    EXPECT_FALSE(linked.ok());
    EXPECT_TRUE(names_below(root()).empty());
  }
}

TEST_F(HostileLayer, AFileIsNotWrittenThroughALinkOfItsName) {
  ASSERT_TRUE(unpack({symlink("victim", home_ / "outside/victim"), file("victim", "mine")}).ok());
  EXPECT_EQ(content_of(*this / "victim"), "mine");
}

TEST_F(HostileLayer, AFolderThatBecomesALinkIsNotGoneThrough) {
  const auto layer =
      unpack({folder("a/b"), file("a/b/one", "1"), symlink("a", home_ / "outside"), file("a/b/two", "2")});
  EXPECT_FALSE(layer.ok());
  // The parent of the last entry is remembered: it must be forgotten when it, or what is above it, goes.
  ASSERT_TRUE(
      unpack({folder("t/b"), folder("a/b"), file("a/b/one", "1"), symlink("a", "t"), file("a/b/two", "2")})
          .ok());
  EXPECT_EQ(content_of(*this / "t/b/two"), "2");
}

TEST_F(HostileLayer, AFoldersTimesAreNotSetThroughALink) {
  const struct stat before = stat_of(home_ / "outside");
  TarEntry dir = folder("d");
  dir.mtime = 42;
  ASSERT_TRUE(unpack({dir, symlink("d", home_ / "outside")}).ok());
  EXPECT_EQ(stat_of(home_ / "outside").st_mtim.tv_sec, before.st_mtim.tv_sec);
}

TEST_F(HostileLayer, OrdersToOverlayfsAreNotTaken) {
  TarEntry dir = folder("d");
  dir.xattrs = {{"trusted.overlay.redirect", "/etc"},
                {"trusted.overlay.opaque", "y"},
                {"user.overlay.opaque", "y"},
                {"security.selinux", "x"},
                {"user.fine", "1"}};
  ASSERT_TRUE(unpack({dir}).ok());
  EXPECT_EQ(xattr_of(*this / "d", "trusted.overlay.redirect"), "");
  EXPECT_EQ(xattr_of(*this / "d", "trusted.overlay.opaque"), "");
  EXPECT_EQ(xattr_of(*this / "d", "user.overlay.opaque"), "");
  EXPECT_EQ(xattr_of(*this / "d", "security.selinux"), "");
  EXPECT_EQ(xattr_of(*this / "d", "user.fine"), "1");
}

TEST_F(HostileLayer, TenGigabytesOfNothingAreRefusedBeforeAByteIsWritten) {
  constexpr std::uint64_t kTen = std::uint64_t{10} << 30;
  expect_refused(unpack_bytes(lone_header("zeros", kTen, HeaderType::file)), "no honest layer");
  expect_refused(unpack_bytes(lone_header("zeros", kTen, HeaderType::sparse) + std::string(1024, '\0')),
                 "no honest layer");
  // What is allowed is allowed.
  ASSERT_TRUE(unpack_bytes(lone_header("zeros", 1 << 20, HeaderType::sparse) + std::string(1024, '\0')).ok());
  EXPECT_EQ(stat_of(*this / "zeros").st_size, 1 << 20);
  EXPECT_EQ(stat_of(*this / "zeros").st_blocks, 0);
}

TEST_F(HostileLayer, ManyFilesCountTogether) {
  std::vector<TarEntry> entries;
  for (int i = 0; i < 64; ++i) entries.push_back(file("f" + std::to_string(i), std::string(100000, '\0')));
  LayerLimits limits;
  limits.floor = 1 << 20;
  limits.ratio = 10;
  expect_refused(unpack_bytes(tar_of(entries, TarFormat::pax, TarFilter::gzip), {}, limits),
                 "no honest layer");
  EXPECT_TRUE(unpack_bytes(tar_of(entries, TarFormat::pax, TarFilter::none), {}, limits).ok());
}

TEST_F(HostileLayer, TheNumberOfEntriesHasAnEnd) {
  LayerLimits limits;
  limits.entries = 2;
  expect_refused(unpack_bytes(tar_of({file("a", ""), file("b", ""), file("c", "")}), {}, limits),
                 "more than 2 entries");
}

TEST_F(HostileLayer, DamagedBlobsAreRefused) {
  const std::vector<TarEntry> entries = {file("a", "1"), file("b", std::string(100000, 'b'))};
  const std::string gzip = tar_of(entries, TarFormat::pax, TarFilter::gzip);
  const std::string zstd = tar_of(entries, TarFormat::pax, TarFilter::zstd);
  const std::string tar = tar_of(entries);
  expect_refused(unpack_bytes(gzip.substr(0, gzip.size() / 2)), "truncated");
  expect_refused(unpack_bytes(zstd.substr(0, zstd.size() / 2)), "unpack");
  expect_refused(unpack_bytes(tar.substr(0, tar.size() / 2)), "read the tar");
  expect_refused(unpack_bytes(std::string(5000, 'x')), "read the tar");
}

TEST_F(HostileLayer, WrongDigestsAreRefused) {
  const std::string blob = tar_of({file("a", "1")}, TarFormat::pax, TarFilter::gzip);
  const std::string other = digest_of("other");
  const auto wrong_blob = unpack_bytes(blob, {other, ""});
  expect_refused(wrong_blob, "the blob's digest");
  ASSERT_FALSE(wrong_blob.ok());
  EXPECT_EQ(wrong_blob.error().code, EBADMSG);
  expect_refused(unpack_bytes(blob, {"", other}), "diff id");
  // Behind the compressed data as well.
  expect_refused(unpack_bytes(blob + "garbage", {digest_of(blob), ""}), "the blob's digest");
}

TEST_F(HostileLayer, AFullDiskIsToldWithItsFolderAndTheFix) {
  const std::string small = home_ / "small";
  ::mkdir(small.c_str(), 0755);
  ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=1m"), 0);
  LayerLimits limits;
  limits.disk_reserve = 0;
  const std::string blob = home_.write("blob", tar_of({file("a", std::string(std::size_t{4} << 20, 'x'))}));
  const auto layer = unpack_layer(blob, small, {}, limits);
  const bool empty = names_below(small).empty();
  limits.disk_reserve = std::uint64_t{1} << 60;
  home_.write("small/taken", std::string(1 << 20, 'x').substr(0, 1020000));
  const auto reserved = unpack_layer(home_.write("tiny", tar_of({})), small, {}, limits);
  ::umount(small.c_str());
  ASSERT_FALSE(layer.ok());
  EXPECT_EQ(layer.error().code, ENOSPC);
  EXPECT_NE(layer.error().words.find(small), std::string::npos);
  EXPECT_NE(layer.error().words.find("stack image prune"), std::string::npos);
  EXPECT_TRUE(empty);
  ASSERT_FALSE(reserved.ok());
  EXPECT_EQ(reserved.error().code, ENOSPC);
}

TEST_F(HostileLayer, AWindowThatTakesTooMuchMemoryIsRefused) {
  // The header of a frame alone (RFC 8878): a window of 128 MiB, nothing of the content's size.
  const std::string header("\x28\xb5\x2f\xfd\x00\x88", 6);
  expect_refused(unpack_bytes(header + std::string(1000, '\0')), "too much memory");
  const std::string frame = tar_of({file("a", "1")}, TarFormat::pax, TarFilter::zstd);
  expect_refused(unpack_bytes(frame + header + std::string(1000, '\0')), "too much memory");
}

TEST_F(HostileLayer, TakesAtMost64MebibytesOfMemory) {
  std::vector<TarEntry> entries;
  for (int i = 0; i < 2000; ++i) entries.push_back(folder("f" + std::to_string(i)));
  TarEntry big = file("big", std::string(std::size_t{48} << 20, 'x'));
  const std::string blob = home_.write("blob", tar_of({big}, TarFormat::pax, TarFilter::zstd));
  home_.write("folders", tar_of(entries, TarFormat::gnu, TarFilter::gzip));
  // In a child: this process has had the layer in its memory.
  const pid_t pid = ::fork();
  if (pid == 0) {
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_SELF, &before);
    const bool good = unpack_layer(blob, root(), {}).ok() && unpack_layer(home_ / "folders", root(), {}).ok();
    ::getrusage(RUSAGE_SELF, &after);
    ::_exit(good && after.ru_maxrss - before.ru_maxrss < (32 << 10) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(EntryNames, AreTakenApart) {
  struct Case {
    const char* path;
    EntryName::Kind kind;
    const char* parent;
    const char* name;
  };
  const Case cases[] = {
      {"a", EntryName::Kind::plain, "", "a"},
      {"./a/b/", EntryName::Kind::plain, "a", "b"},
      {"//a//./b//c", EntryName::Kind::plain, "a/b", "c"},
      {".", EntryName::Kind::root, "", ""},
      {"/", EntryName::Kind::root, "", ""},
      {"a/.wh.b", EntryName::Kind::whiteout, "a", "b"},
      {"a/.wh..hidden", EntryName::Kind::whiteout, "a", ".hidden"},
      {"a/.wh..wh..opq", EntryName::Kind::opaque, "a", ".wh..wh..opq"},
      {".wh..wh.plnk/x", EntryName::Kind::ignored, "", ""},
      {"...", EntryName::Kind::plain, "", "..."},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.path);
    const auto entry = parse_entry_name(one.path, {});
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(entry->kind, one.kind);
    EXPECT_EQ(entry->parent, one.parent);
    EXPECT_EQ(one.kind == EntryName::Kind::ignored ? "" : entry->name, one.name);
  }
}

}  // namespace
}  // namespace stack::test
